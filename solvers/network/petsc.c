/* petsc.c - PETSc and SLEPc among our errors; see petsc.h */
#include "solvers/network/petsc.h"

#include <dlfcn.h>
#include <slepcsys.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char last_text[256]; /* of the innermost PETSc error since the last one was taken */
static bool user_options;   /* options were given: a type that is unknown is the user's */

/* Keep the innermost text; the way up repeats it. */
static PetscErrorCode remember(MPI_Comm comm, int line, const char *function, const char *file,
                               PetscErrorCode code, PetscErrorType type, const char *text, void *ctx)
{
    (void)comm;
    (void)line;
    (void)file;
    (void)ctx;
    if (type == PETSC_ERROR_INITIAL)
        snprintf(last_text, sizeof last_text, "%s: %s", function, text != NULL ? text : "no reason given");
    return code;
}

/* What PETSc says to a value that is no number, an unknown type, or an argument out of range. */
static bool is_of_options(PetscErrorCode code)
{
    return code == PETSC_ERR_ARG_WRONG || code == PETSC_ERR_ARG_UNKNOWN_TYPE ||
           code == PETSC_ERR_USER_INPUT || code == PETSC_ERR_ARG_OUTOFRANGE;
}

dn_status dn_petsc_failed(dn_error *err, PetscErrorCode code, const char *file, int line)
{
    const char *general = NULL;
    dn_status st = code == PETSC_ERR_MEM ? DN_ENOMEM : DN_ESOFTWARE;

    (void)PetscErrorMessage(code, &general, NULL);
    last_text[strcspn(last_text, "\n")] = '\0';
    if (user_options && is_of_options(code))
        st = dn_error_set(err, DN_EUSAGE, file, line, "--petsc: %s", last_text);
    else
        st = dn_error_set(err, st, file, line, "PETSc error %d%s%s%s%s", (int)code,
                          general != NULL ? ": " : "", general != NULL ? general : "",
                          last_text[0] != '\0' ? ": " : "", last_text);
    last_text[0] = '\0';
    return st;
}

/* A function of the BLAS that the program was loaded with, or NULL. Copied into a pointer to a function by
 * memcpy: ISO C has no cast. */
static void *of_blas(const char *name)
{
    void *self = dlopen(NULL, RTLD_LAZY), *found = self != NULL ? dlsym(self, name) : NULL;

    if (self != NULL)
        (void)dlclose(self);
    return found;
}

/* OpenBLAS starts a thread for each core in every rank, which then fight for the cores: on two ranks of two
 * cores a small eigenproblem takes 30 times as long. The ranks are our threads, unless the user says so. */
static void one_blas_thread(void)
{
    void *found = of_blas("openblas_set_num_threads");
    void (*set)(int) = NULL;

    memcpy(&set, &found, sizeof set);
    if (set != NULL && getenv("OPENBLAS_NUM_THREADS") == NULL && getenv("OMP_NUM_THREADS") == NULL)
        set(1);
}

const char *dn_blas_name(void)
{
    void *found = of_blas("openblas_get_config");
    char *(*config)(void) = NULL;

    memcpy(&config, &found, sizeof config);
    return config != NULL ? config() : "not OpenBLAS; the reference BLAS would make dense steps slow";
}

dn_status dn_petsc_open(MPI_Comm comm, const char *options, dn_error *err)
{
    dn_status st = DN_OK;

    one_blas_thread();
    PETSC_COMM_WORLD = comm;
    /* To pop PETSc's handlers would set the default ones, where the program may have its own. */
    DN_PETSC(PetscOptionsSetValue(NULL, "-no_signal_handler", "true"));
    DN_PETSC(SlepcInitializeNoArguments());
    DN_PETSC(PetscPushErrorHandler(remember, NULL));
    user_options = options != NULL;
    if (options != NULL && options[strspn(options, " \t")] != '-') /* PETSc would drop it without a word */
        DN_FAIL(DN_EUSAGE,
                "--petsc \"%.100s\": options begin with '-', such as \"-pagerank_ksp_type minres\"", options);
    if (options != NULL && PetscOptionsInsertString(NULL, options) != 0)
        DN_FAIL(DN_EUSAGE, "--petsc \"%.100s\": %s", options, last_text);
out:
    if (st != DN_OK)
        dn_petsc_close();
    return st;
}

void dn_petsc_close(void)
{
    PetscBool open = PETSC_FALSE;

    if (PetscInitialized(&open) == 0 && open) {
        (void)PetscPopErrorHandler();
        (void)PetscOptionsClear(NULL); /* unused options are reported by us */
        (void)SlepcFinalize();
    }
}

bool dn_petsc_unused(char *buf, size_t cap)
{
    PetscInt n = 0;
    char **names = NULL, **values = NULL;
    size_t at = 0;

    buf[0] = '\0';
    if (PetscOptionsLeftGet(NULL, &n, &names, &values) != 0)
        return false;
    for (PetscInt i = 0; i < n && at < cap; i++)
        at += (size_t)snprintf(buf + at, cap - at, "%s-%s", i > 0 ? " " : "", names[i]);
    (void)PetscOptionsLeftRestore(NULL, &n, &names, &values); /* n is 0 from here on */
    return buf[0] != '\0';
}

const char *dn_petsc_version(char *buf, size_t cap)
{
    PetscInt major = 0, minor = 0, patch = 0;

    if (PetscGetVersionNumber(&major, &minor, &patch, NULL) != 0)
        major = 0;
    snprintf(buf, cap, "%d.%d.%d", (int)major, (int)minor, (int)patch);
    return buf;
}

const char *dn_slepc_version(char *buf, size_t cap)
{
    PetscInt major = 0, minor = 0, patch = 0;

    if (SlepcGetVersionNumber(&major, &minor, &patch, NULL) != 0)
        major = 0;
    snprintf(buf, cap, "%d.%d.%d", (int)major, (int)minor, (int)patch);
    return buf;
}

int dn_petsc_index_bits(void)
{
    return (int)(8 * sizeof(PetscInt));
}
