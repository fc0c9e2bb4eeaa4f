/* esm_published.c - published states of esm2_t6_8M_UR50D (../shared/data/esm2) by the real weights, which are
 * not part of any data set here: DN_ESM2_WEIGHTS=model.safetensors runs this test
 */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"
#include "solvers/esm/model.h"

enum { TOKENS = 64, WIDTH = 320 };

static dn_json *read_expected(void)
{
    const char *data = getenv("DN_SHARED_DATA");
    static char text[1 << 16];
    char path[1024];
    dn_json *j = NULL;
    size_t len;
    FILE *f;

    snprintf(path, sizeof path, "%s/esm2/esm2_t6_8M_expected.json",
             data != NULL ? data : DN_TEST_SHARED_DATA);
    f = fopen(path, "rb");
    if (f == NULL)
        return NULL;
    len = fread(text, 1, sizeof text, f);
    fclose(f);
    CU_ASSERT_EQUAL(dn_json_read(path, text, len, &j, NULL), DN_OK);
    return j;
}

/* The case whose head is EsmModel: 3 rows of 3 numbers. */
static void compare(const dn_json *one, const dn_esm_model *m)
{
    const dn_json *ids = dn_json_element(dn_json_get(one, "input_ids"), 0);
    const dn_json *rows = dn_json_element(dn_json_get(one, "expected"), 0);
    int32_t token[TOKENS];
    static float state[TOKENS * WIDTH];
    int64_t n = dn_json_count(ids);
    dn_esm_work *k = NULL;

    CU_ASSERT(n > 0 && n <= TOKENS);
    for (int64_t i = 0; i < n; i++)
        token[i] = (int32_t)dn_json_to_int(dn_json_element(ids, i));
    CU_ASSERT_EQUAL(dn_esm_work_create(m, TOKENS, &k, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_esm_forward(m, k, token, n, state, NULL), DN_OK);
    for (int64_t r = 0; r < 3; r++)
        for (int64_t c = 0; c < 3; c++) {
            double want = dn_json_to_number(dn_json_element(dn_json_element(rows, r), c));
            CU_ASSERT(fabs((double)state[r * WIDTH + c] - want) <= 1e-4 + 1e-4 * fabs(want));
        }
    dn_esm_work_destroy(&k);
}

static void published(void)
{
    const char *path = getenv("DN_ESM2_WEIGHTS"), *head;
    dn_safetensors *file = NULL;
    dn_esm_weights w = {.layer = NULL};
    dn_esm_model *m = NULL;
    dn_json *expected = read_expected();
    int found = 0;

    if (path == NULL || expected == NULL) {
        test_skip(path == NULL ? "DN_ESM2_WEIGHTS does not name the weights of esm2_t6_8M_UR50D"
                               : "../shared/data/esm2 is not there");
        dn_json_destroy(&expected);
        return;
    }
    CU_ASSERT_EQUAL(dn_esm_weights_open(path, &file, &w, NULL), DN_OK);
    CU_ASSERT_EQUAL(w.config.width, WIDTH);
    CU_ASSERT_EQUAL(dn_esm_model_create(&w, DN_ESM_F32, &m, NULL), DN_OK);
    for (int64_t i = 0; i < dn_json_count(dn_json_get(expected, "cases")); i++) {
        const dn_json *one = dn_json_element(dn_json_get(expected, "cases"), i);

        head = dn_json_to_string(dn_json_get(one, "head"));
        if (head != NULL && strncmp(head, "EsmModel", 8) == 0) {
            compare(one, m);
            found++;
        }
    }
    CU_ASSERT(found > 0);
    dn_esm_model_destroy(&m);
    dn_esm_weights_destroy(&w);
    dn_safetensors_close(&file);
    dn_json_destroy(&expected);
}

static const dn_test tests[] = {{"published", published}, {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "esm_published", tests);
}
