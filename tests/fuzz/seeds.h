/* seeds.h - a mutator that begins anew with one of a target's own texts every now and then: random bytes
 * would hardly ever become a message */
#ifndef DN_TEST_FUZZ_SEEDS_H
#define DN_TEST_FUZZ_SEEDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most); /* of libFuzzer */

static inline size_t fuzz_mutate(const char *const *seeds, size_t n, uint8_t *data, size_t size, size_t most,
                                 unsigned seed)
{
    const char *one = seeds[seed / 16 % n];

    if ((seed % 16 == 0 || size < 4) && strlen(one) <= most) {
        size = strlen(one);
        memcpy(data, one, size);
    }
    return LLVMFuzzerMutate(data, size, most);
}

#endif
