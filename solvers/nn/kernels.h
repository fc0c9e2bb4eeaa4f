/* kernels.h - the dense products, each with its naive twin, and what they run on
 *
 * All matrices are row-major and dense. All functions are local and run on the calling thread alone; a thread
 * that was started by OpenMP must have called omp_set_num_threads(1) first, or oneDNN would start threads of
 * its own.
 */
#ifndef DN_NN_KERNELS_H
#define DN_NN_KERNELS_H

#include <stdbool.h>
#include <stdint.h>
#include "solvers/base/clones.h"
#include "solvers/base/error.h"

/* C [m, n] = op(A) op(B) (+ C when `add`), where op(A) is [m, k] and op(B) is [k, n]; A is stored [k, m] when
 * transpose_a, B is stored [n, k] when transpose_b. oneDNN. Fails: DN_ENOMEM, DN_ESOFTWARE */
DN_MUST_CHECK dn_status dn_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                                const float *a, const float *b, bool add, float *c, dn_error *err);

/* The same as three loops; sums in double. */
void dn_gemm_naive(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, const float *a,
                   const float *b, bool add, float *c);

/* "2.6.3" of oneDNN, and the widest instruction set its kernels may use here. */
const char *dn_kernels_version(void);
const char *dn_kernels_isa(void);

#endif
