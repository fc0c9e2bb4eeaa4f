/* keep_plugins.c - a dlclose() that does nothing, for sanitizer builds
 *
 * MPI unloads its plugins before the leak check runs, which then cannot name them. Kept loaded, their leaks
 * match the library names in lsan.supp and a leak of ours stands out.
 */
int dlclose(void *handle);

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
