/* machine.c - limits of the machine on one core, best of many: GFLOP/s of sgemm and of bf16, GB/s of reading
 *
 * Prints "sgemm X", "bf16 Y" (absent where the CPU has no bf16 that is faster than f32) and "read Z", in
 * processor time, so that other work on the machine weighs less. "bench_machine now" prints "sgemm X" by the
 * clock on the wall, over a quarter of a second: what the core gives just now.
 *
 * Several cores: run it several times at once, pinned (tests/bench/table.py and measure.py do).
 */
#include <dnnl.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "solvers/base/alloc.h"

enum { N = 1024, TURNS = 200, FEW = 15, FLOATS = 1 << 26 };

static double clock_of(clockid_t which)
{
    struct timespec t;

    clock_gettime(which, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double now(void)
{
    return clock_of(CLOCK_PROCESS_CPUTIME_ID);
}

/* The best of many turns, or, lately, what some turns took on the wall. */
static double sgemm(int turns, bool lately)
{
    float *a = dn_calloc(3 * N * N, sizeof *a), *b, *c;
    double best = 1e9, begin = 0;

    if (a == NULL)
        return 0;
    b = a + N * N;
    c = b + N * N;
    for (int i = 0; i < 2 * N * N; i++)
        a[i] = (float)(i % 17) / 17;
    for (int t = -1; t < turns; t++) { /* the first one makes the kernel */
        double start = now();
        if (t == 0)
            begin = clock_of(CLOCK_MONOTONIC);
        dnnl_sgemm('N', 'N', N, N, N, 1, a, N, b, N, 0, c, N);
        best = now() - start < best ? now() - start : best;
    }
    dn_free(a);
    if (lately)
        best = (clock_of(CLOCK_MONOTONIC) - begin) / turns;
    return 2e-9 * N * N * N / best;
}

/* N^3 in bf16 with weights in the layout oneDNN likes best. 0: it cannot. */
static double bf16(void)
{
    const dnnl_dims_t dims = {N, N};
    dnnl_memory_desc_t plain, any;
    dnnl_matmul_desc_t what;
    dnnl_engine_t engine = NULL;
    dnnl_stream_t stream = NULL;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_t matmul = NULL;
    dnnl_memory_t m[3] = {NULL};
    double best = 1e9;

    dnnl_engine_create(&engine, dnnl_cpu, 0);
    dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
    dnnl_memory_desc_init_by_tag(&plain, 2, dims, dnnl_bf16, dnnl_ab);
    dnnl_memory_desc_init_by_tag(&any, 2, dims, dnnl_bf16, dnnl_format_tag_any);
    if (dnnl_matmul_desc_init(&what, &plain, &any, NULL, &plain) != dnnl_success ||
        dnnl_primitive_desc_create(&pd, &what, NULL, engine, NULL) != dnnl_success)
        return 0;
    dnnl_primitive_create(&matmul, pd);
    dnnl_memory_create(&m[0], &plain, engine, DNNL_MEMORY_ALLOCATE);
    dnnl_memory_create(&m[1], dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0), engine,
                       DNNL_MEMORY_ALLOCATE);
    dnnl_memory_create(&m[2], &plain, engine, DNNL_MEMORY_ALLOCATE);
    for (int i = 0; i < 3; i++) {
        void *p;
        dnnl_memory_get_data_handle(m[i], &p);
        memset(p, 0, 2 * N * N);
    }
    for (int t = 0; t < TURNS; t++) {
        dnnl_exec_arg_t arg[] = {{DNNL_ARG_SRC, m[0]}, {DNNL_ARG_WEIGHTS, m[1]}, {DNNL_ARG_DST, m[2]}};
        double start = now();
        dnnl_primitive_execute(matmul, stream, 3, arg);
        dnnl_stream_wait(stream);
        best = now() - start < best ? now() - start : best;
    }
    for (int i = 0; i < 3; i++)
        dnnl_memory_destroy(m[i]);
    dnnl_primitive_destroy(matmul);
    dnnl_primitive_desc_destroy(pd);
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
    return 2e-9 * N * N * N / best;
}

static double reading(void)
{
    float *x = dn_calloc(FLOATS, sizeof *x);
    double best = 1e9;
    volatile float sink = 0;

    if (x == NULL)
        return 0;
    for (int t = 0; t < 8; t++) {
        double start = now();
        float lane[64] = {0};
        for (int64_t i = 0; i < FLOATS; i += 64)
            for (int k = 0; k < 64; k++)
                lane[k] += x[i + k];
        sink = sink + lane[t];
        best = now() - start < best ? now() - start : best;
    }
    dn_free(x);
    return 4e-9 * FLOATS / best;
}

int main(int argc, char **argv)
{
    double f32, low;

    omp_set_num_threads(1);
    if (argc > 1 && strcmp(argv[1], "now") == 0) {
        printf("sgemm %.1f\n", sgemm(FEW, true));
        return 0;
    }
    f32 = sgemm(TURNS, false);
    low = bf16();
    printf("sgemm %.1f\n", f32);
    if (low > f32)
        printf("bf16 %.1f\n", low);
    printf("read %.1f\n", reading());
    return 0;
}
