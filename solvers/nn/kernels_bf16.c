/* kernels_bf16.c - products of bf16 matrices; see bf16.h */
#define _DEFAULT_SOURCE /* syscall() */
#include "solvers/nn/bf16.h"

#include <dnnl.h>
#include <unistd.h>
#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#endif
#include "solvers/base/alloc.h"
#include "solvers/nn/kernels.h"
#include "solvers/nn/kernels_amx.h"

struct dn_product {
    bool transpose_a, transpose_b;
    int64_t m, n, k;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[4]; /* a, b, c, scratch; the last one is made last */
    float *a, *b;            /* [m k], [k n]  widened, without bf16 kernels */
    dn_bf16 *pa, *pb;        /* packed, with tiles */
    char *scratch;
};

static const char *const names[] = {"f32", "bf16"};

const char *dn_precision_name(dn_precision p)
{
    return names[p];
}

bool dn_precision_find(const char *name, dn_precision *out)
{
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (dn_precision)i;
            return true;
        }
    return false;
}

/* ---- elementwise ---- */

DN_CLONES
void dn_bf16_narrow(const float *restrict x, int64_t n, dn_bf16 *restrict y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = dn_bf16_round(x[i]);
}

DN_CLONES
void dn_bf16_widen(const dn_bf16 *restrict x, int64_t n, float *restrict y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = dn_bf16_float(x[i]);
}

DN_CLONES
void dn_bf16_multiply(const float *restrict a, const float *restrict b, int64_t n, dn_bf16 *restrict y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = dn_bf16_round(a[i] * b[i]);
}

/* ---- what is here ---- */

static bool at_least(dnnl_cpu_isa_t isa)
{
    return ((int)dnnl_get_effective_cpu_isa() & (int)isa) == (int)isa;
}

/* Linux gives a process the tiles when it asks for them. */
bool dn_bf16_tiles(void)
{
#if defined(__linux__) && defined(__x86_64__)
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

    return at_least(dnnl_cpu_isa_avx512_core_amx) &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
    return false;
#endif
}

const char *dn_bf16_isa(void)
{
    return dn_bf16_tiles()                           ? "AMX"
           : at_least(dnnl_cpu_isa_avx512_core_bf16) ? "AVX-512 BF16"
                                                     : "f32 products of bf16";
}

/* ---- products ---- */

static const int argument[4] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD};

static void release(dn_product *p)
{
    for (int i = 0; i < 4; i++)
        if (p->memory[i] != NULL)
            (void)dnnl_memory_destroy(p->memory[i]);
    if (p->primitive != NULL)
        (void)dnnl_primitive_destroy(p->primitive);
    if (p->description != NULL)
        (void)dnnl_primitive_desc_destroy(p->description);
    if (p->stream != NULL)
        (void)dnnl_stream_destroy(p->stream);
    if (p->engine != NULL)
        (void)dnnl_engine_destroy(p->engine);
    dn_free(p->scratch);
    memset(p->memory, 0, sizeof p->memory);
    p->primitive = NULL;
    p->description = NULL;
    p->stream = NULL;
    p->engine = NULL;
    p->scratch = NULL;
}

static dn_status describe(dnnl_memory_desc_t *out, dnnl_data_type_t type, bool transposed, int64_t rows,
                          int64_t columns)
{
    dnnl_dims_t dims = {rows, columns}, strides = {transposed ? 1 : columns, transposed ? rows : 1};

    return dnnl_memory_desc_init_by_strides(out, 2, dims, type, strides) == dnnl_success ? DN_OK
                                                                                         : DN_ESOFTWARE;
}

#define DN_DNNL(call)                                                                                       \
    do {                                                                                                    \
        dnnl_status_t bad_ = (call);                                                                        \
        if (bad_ != dnnl_success)                                                                           \
            DN_FAIL(bad_ == dnnl_out_of_memory ? DN_ENOMEM : DN_ESOFTWARE,                                  \
                    "oneDNN: bf16 product %lld x %lld x %lld: status %d", (long long)p->m, (long long)p->n, \
                    (long long)p->k, (int)bad_);                                                            \
    } while (0)

/* By the thread that will run it, which has said that it is alone (kernels.h). What a failure leaves is
 * released with p, or made anew by the next try. */
static dn_status prepare(dn_product *p, dn_error *err)
{
    dn_status st = DN_OK;
    dnnl_memory_desc_t d[3];
    const dnnl_memory_desc_t *scratch;
    dnnl_matmul_desc_t matmul;
    dnnl_primitive_attr_t how = NULL;

    release(p);
    DN_DNNL(dnnl_engine_create(&p->engine, dnnl_cpu, 0));
    DN_DNNL(dnnl_stream_create(&p->stream, p->engine, dnnl_stream_default_flags));
    if (describe(&d[0], dnnl_bf16, p->transpose_a, p->m, p->k) != DN_OK ||
        describe(&d[1], dnnl_bf16, p->transpose_b, p->k, p->n) != DN_OK ||
        describe(&d[2], dnnl_f32, false, p->m, p->n) != DN_OK)
        DN_FAIL(DN_ESOFTWARE, "oneDNN: no layout of %lld x %lld x %lld", (long long)p->m, (long long)p->n,
                (long long)p->k);
    DN_DNNL(dnnl_primitive_attr_create(&how));
    DN_DNNL(dnnl_primitive_attr_set_scratchpad_mode(how, dnnl_scratchpad_mode_user));
    DN_DNNL(dnnl_matmul_desc_init(&matmul, &d[0], &d[1], NULL, &d[2]));
    DN_DNNL(dnnl_primitive_desc_create(&p->description, &matmul, how, p->engine, NULL));
    DN_DNNL(dnnl_primitive_create(&p->primitive, p->description));
    for (int i = 0; i < 3; i++)
        DN_DNNL(dnnl_memory_create(&p->memory[i], &d[i], p->engine, DNNL_MEMORY_NONE));
    scratch = dnnl_primitive_desc_query_md(p->description, dnnl_query_scratchpad_md, 0);
    DN_NEW(p->scratch, dnnl_memory_desc_get_size(scratch) + 64);
    DN_DNNL(dnnl_memory_create(&p->memory[3], scratch, p->engine,
                               p->scratch + (64 - (uintptr_t)p->scratch % 64) % 64));
out:
    if (how != NULL)
        (void)dnnl_primitive_attr_destroy(how);
    return st;
}

dn_status dn_product_create(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                            dn_product **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_product *p = NULL;

    DN_NEW(p, 1);
    *p = (dn_product){.transpose_a = transpose_a, .transpose_b = transpose_b, .m = m, .n = n, .k = k};
    if (dn_bf16_tiles()) {
        DN_NEW(p->pa, (size_t)dn_amx_room_a(m, k));
        DN_NEW(p->pb, (size_t)dn_amx_room_b(n, k));
    } else if (!at_least(dnnl_cpu_isa_avx512_core_bf16)) {
        DN_NEW(p->a, (size_t)(m * k));
        DN_NEW(p->b, (size_t)(k * n));
    }
    *out = p;
    p = NULL;
out:
    dn_product_destroy(&p);
    return st;
}

void dn_product_destroy(dn_product **handle)
{
    dn_product *p = *handle;

    if (p == NULL)
        return;
    release(p);
    dn_free(p->a);
    dn_free(p->b);
    dn_free(p->pa);
    dn_free(p->pb);
    dn_free(p);
    *handle = NULL;
}

static dn_status run_widened(dn_product *p, const dn_bf16 *a, const dn_bf16 *b, float *c, dn_error *err)
{
    dn_bf16_widen(a, p->m * p->k, p->a);
    dn_bf16_widen(b, p->k * p->n, p->b);
    return dn_gemm(p->transpose_a, p->transpose_b, p->m, p->n, p->k, p->a, p->b, false, c, err);
}

/* oneDNN takes no const. */
static void *writable(const dn_bf16 *x)
{
    union {
        const dn_bf16 *from;
        void *to;
    } u = {x};

    return u.to;
}

dn_status dn_product_run(dn_product *p, const dn_bf16 *a, const dn_bf16 *b, float *c, dn_error *err)
{
    dn_status st = DN_OK;
    dnnl_exec_arg_t arguments[4];

    if (p->pa != NULL) {
        dn_amx_product(p->transpose_a, p->transpose_b, p->m, p->n, p->k, a, b, p->pa, p->pb, c);
        return DN_OK;
    }
    if (p->a != NULL)
        return run_widened(p, a, b, c, err);
    if (p->memory[3] == NULL)
        DN_TRY(prepare(p, err));
    for (int i = 0; i < 4; i++)
        arguments[i] = (dnnl_exec_arg_t){argument[i], p->memory[i]};
    DN_DNNL(dnnl_memory_set_data_handle(p->memory[0], writable(a)));
    DN_DNNL(dnnl_memory_set_data_handle(p->memory[1], writable(b)));
    DN_DNNL(dnnl_memory_set_data_handle(p->memory[2], c));
    DN_DNNL(dnnl_primitive_execute(p->primitive, p->stream, 4, arguments));
    DN_DNNL(dnnl_stream_wait(p->stream));
out:
    return st;
}
