"""philox.py - Philox4x32-10 (Salmon et al., SC 2011), which solvers/base/rng.h uses, written down a second time for the
makers of golden numbers; checked against the vectors of its authors whenever it is imported."""


def philox(key, counter):
    """key: 2 words, counter: 4 words of 32 bits; each of the latter a number or a NumPy array of uint64 -> 4 of the same."""
    k, c, low = [int(word) for word in key], list(counter), 0xFFFFFFFF
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & low, (p0 >> 32) ^ c[3] ^ k[1], p0 & low]
        k = [(k[0] + 0x9E3779B9) & low, (k[1] + 0xBB67AE85) & low]
    return c


def philox_rows(key, counter):
    """The same for every row of counter [n, 4] -> [n, 4], uint64."""
    import numpy as np
    return np.stack(philox(key, counter.astype(np.uint64).T), 1)


assert philox((0, 0), (0, 0, 0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert philox((0xA4093822, 0x299F31D0), (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344)) == \
    [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]
