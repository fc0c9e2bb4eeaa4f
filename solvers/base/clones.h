/* clones.h - one source of a function, compiled for several instruction sets
 *
 * The loader picks the widest the CPU has, so a release runs on any x86-64. Sanitizers do not know the
 * loader's trick, clang 14 does not know these names.
 */
#ifndef DN_BASE_CLONES_H
#define DN_BASE_CLONES_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define DN_CLONES __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define DN_CLONES
#endif

#endif
