/* esm_golden.c - cases of tests/golden/esm.txt; see esm_golden.h */
#include "tests/support/esm_golden.h"

#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/esm/generate.h"
#include "tests/support/esm_image.h"
#include "tests/support/test.h"

/* The file is our own: what is wrong with it is a fault of the test. */
static void need(bool good)
{
    if (!good)
        abort();
}

static void read_protein(FILE *f, esm_golden_protein *p)
{
    long long n;

    need(fscanf(f, "%lld", &n) == 1 && n >= 2 && n < 100000);
    p->n = n;
    p->tokens = calloc((size_t)n, sizeof *p->tokens);
    for (int64_t i = 0; i < n; i++)
        need(fscanf(f, "%d", &p->tokens[i]) == 1);
}

static void read_row(FILE *f, int64_t width, esm_golden_protein *p)
{
    long long at;
    float *v = calloc((size_t)width, sizeof *v);

    need(p->rows < ESM_GOLDEN_ROWS && fscanf(f, "%lld", &at) == 1 && at >= 0 && at < p->n);
    for (int64_t i = 0; i < width; i++)
        need(fscanf(f, "%f", &v[i]) == 1);
    p->at[p->rows] = at;
    p->row[p->rows++] = v;
}

static void read_head(FILE *f, esm_golden *x)
{
    long long layers, width, heads, seed;
    char dtype[8], size[80];
    int dropout;

    need(fscanf(f, "%39s %39s %lld %lld %lld %7s %lld %d", x->name, x->source, &layers, &width, &heads, dtype,
                &seed, &dropout) == 8);
    snprintf(size, sizeof size, "%lldx%lldx%lld", layers, width, heads);
    need(dn_esm_config_parse(size, &x->config, NULL) == DN_OK);
    x->config.token_dropout = dropout != 0;
    x->seed = (uint64_t)seed;
    x->type = strcmp(dtype, "f32") == 0   ? DN_SAFETENSORS_F32
              : strcmp(dtype, "f16") == 0 ? DN_SAFETENSORS_F16
                                          : DN_SAFETENSORS_BF16;
}

bool esm_golden_next(FILE *f, esm_golden *out)
{
    esm_golden x = {0};
    char word[16];

    for (;;) {
        long before = ftell(f);

        if (fscanf(f, "%15s", word) != 1)
            break;
        if (word[0] == '#') {
            need(fscanf(f, "%*[^\n]") == 0);
        } else if (strcmp(word, "case") == 0) {
            if (x.name[0] != '\0') {
                need(fseek(f, before, SEEK_SET) == 0);
                break;
            }
            read_head(f, &x);
        } else if (strcmp(word, "tokens") == 0) {
            need(x.proteins < ESM_GOLDEN_PROTEINS);
            read_protein(f, &x.protein[x.proteins++]);
        } else {
            need(strcmp(word, "row") == 0 && x.proteins > 0);
            read_row(f, x.config.width, &x.protein[x.proteins - 1]);
        }
    }
    *out = x;
    return x.name[0] != '\0';
}

void esm_golden_free(esm_golden *x)
{
    for (int i = 0; i < x->proteins; i++) {
        free(x->protein[i].tokens);
        for (int k = 0; k < x->protein[i].rows; k++)
            free(x->protein[i].row[k]);
    }
    *x = (esm_golden){0};
}

const char *esm_golden_model(const esm_golden *x)
{
    static char folder[400];
    char *text = NULL;
    size_t len = 0;
    const char *path;

    if (strcmp(x->source, "generated") != 0) {
        snprintf(folder, sizeof folder, "%s/%s", DN_TEST_GOLDEN, x->source);
        return folder;
    }
    need(dn_esm_config_text(&x->config, &text, NULL) == DN_OK);
    test_file("config.json", text, strlen(text));
    dn_free(text);
    need(esm_image(&x->config, x->seed, x->type, 0, dn_esm_tensors(&x->config), &text, &len, NULL) == DN_OK);
    path = test_file("model.safetensors", text, len);
    dn_free(text);
    return path;
}
