/* kernels_naive.c - the products of kernels.h as one writes them down */
#include "solvers/nn/kernels.h"

void dn_gemm_naive(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float *a,
                   const float *b, bool add, float *c)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = add ? (double)c[i * n + j] : 0;
            for (int64_t l = 0; l < k; l++)
                sum += (double)(transpose_a ? a[l * m + i] : a[i * k + l]) *
                       (double)(transpose_b ? b[j * k + l] : b[l * n + j]);
            c[i * n + j] = (float)sum;
        }
}
