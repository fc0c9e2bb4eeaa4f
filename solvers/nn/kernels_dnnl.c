/* kernels_dnnl.c - the products of kernels.h through oneDNN */
#include "solvers/nn/kernels.h"

#include <stdio.h>
#include "solvers/nn/onednn.h"

dn_status dn_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float *a,
                  const float *b, bool add, float *c, dn_error *err)
{
    dnnl_status_t bad = dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k, 1.0f, a,
                                   transpose_a ? m : k, b, transpose_b ? k : n, add ? 1.0f : 0.0f, c, n);

    return bad == dnnl_success ? DN_OK : dn_onednn_failed(bad, m, n, k, false, err);
}

const char *dn_kernels_version(void)
{
    static char text[32];
    const dnnl_version_t *v = dnnl_version();

    snprintf(text, sizeof text, "%d.%d.%d", v->major, v->minor, v->patch);
    return text;
}

const char *dn_kernels_isa(void)
{
    switch ((int)dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41:
        return "SSE4.1";
    case dnnl_cpu_isa_avx:
        return "AVX";
    case dnnl_cpu_isa_avx2:
        return "AVX2";
    case dnnl_cpu_isa_avx512_core:
        return "AVX-512";
    case dnnl_cpu_isa_avx512_core_vnni:
        return "AVX-512 VNNI";
    case dnnl_cpu_isa_avx512_core_bf16:
        return "AVX-512 BF16";
    case dnnl_cpu_isa_avx512_core_amx:
        return "AVX-512 AMX";
    default:
        return "portable";
    }
}
