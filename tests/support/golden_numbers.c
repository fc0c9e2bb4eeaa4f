/* golden_numbers.c - see golden_numbers.h */
#include "tests/support/golden_numbers.h"

#include <stdlib.h>
#include <string.h>
#include "tests/support/test.h"

void golden_numbers(const char *file, const char *name, double *out, int n)
{
    char path[512];
    static char line[16384];
    bool found = false;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", DN_TEST_GOLDEN, file);
    f = fopen(path, "r");
    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        char *at = line + strlen(name);
        if (strncmp(line, name, strlen(name)) != 0 || *at != ' ' || strtol(at, &at, 10) != n)
            continue;
        for (int i = 0; i < n; i++)
            out[i] = strtod(at, &at);
        found = true;
    }
    CU_ASSERT(found);
    if (f != NULL)
        fclose(f);
}

FILE *golden_open(const char *file)
{
    char path[512];
    FILE *f;
    int c;

    snprintf(path, sizeof path, "%s/%s", DN_TEST_GOLDEN, file);
    f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL(f);
    CU_ASSERT(f != NULL && fgetc(f) == '#');
    while (f != NULL && (c = fgetc(f)) != '\n' && c != EOF)
        continue;
    return f;
}

bool golden_row(FILE *f, const char *word, int64_t n, double *out)
{
    char got[32] = "";
    bool fine = fscanf(f, "%31s", got) == 1 && strcmp(got, word) == 0;

    for (int64_t i = 0; fine && i < n; i++)
        fine = fscanf(f, "%lf", &out[i]) == 1;
    return fine;
}
