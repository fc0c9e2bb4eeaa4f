/* clones.h - one source of a function, compiled for several instruction sets
 *
 * The loader picks the widest the CPU has, so a release runs on any x86-64. The levels are sets of features:
 * the name of one CPU model would match that model alone, and newer ones would get the slowest. Sanitizers do
 * not know the loader's trick, clang 14 and GCC before 12 do not know these names.
 */
#ifndef DN_BASE_CLONES_H
#define DN_BASE_CLONES_H

#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 12 && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define DN_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DN_CLONES
#endif

#endif
