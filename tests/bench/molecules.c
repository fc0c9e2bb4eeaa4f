/* molecules.c - how many SMILES a second become features
 *
 *     bench_molecules FILE [key] [fingerprint]      one SMILES on a line
 *
 * Prints "molecules refused seconds" of processor time: reading, the published features and edges, and what
 * was asked for beside.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "solvers/base/alloc.h"
#include "solvers/chem/features.h"
#include "solvers/chem/fingerprint.h"

static float features[DN_MOLECULE_ATOMS * DN_ATOMS_PUBLISHED_WIDTH];
static int64_t row[DN_MOLECULE_ATOMS + 1], col[DN_MOLECULE_ATOMS * 32];

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    static char line[1 << 16];
    dn_error err = DN_ERROR_INIT;
    dn_chem *chem = NULL;
    unsigned wants = 0;
    int bits = 0;
    long molecules = 0, refused = 0;
    double seconds = 0;
    FILE *f = argc > 1 ? fopen(argv[1], "r") : NULL;

    for (int i = 2; i < argc; i++) {
        wants |= strcmp(argv[i], "key") == 0 ? DN_CHEM_KEY : 0;
        bits |= strcmp(argv[i], "fingerprint") == 0;
    }
    if (f == NULL || dn_chem_open(&chem, &err) != DN_OK) {
        fprintf(stderr, "bench_molecules: %s\n", f == NULL ? "no such file" : err.text);
        return 1;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        size_t length = strcspn(line, "\n");
        dn_molecule m;
        dn_fingerprint print;
        double begin = now();

        if (dn_molecule_read(chem, line, length, wants, &m, NULL) == DN_OK) {
            dn_atoms_encode(&m, DN_ATOMS_PUBLISHED, features);
            dn_molecule_edges(&m, 0, 0, row, col, NULL);
            refused += bits && dn_fingerprint_morgan(&m, &print, NULL) != DN_OK;
            molecules++;
        } else {
            refused++;
        }
        dn_molecule_destroy(&m);
        seconds += now() - begin;
    }
    printf("%ld %ld %.6f\n", molecules, refused, seconds);
    dn_chem_close(&chem);
    fclose(f);
    return 0;
}
