/* esm_weights.c - tests of solvers/esm/weights.h, config.h and generate.h */
#include "tests/support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "solvers/esm/generate.h"
#include "solvers/formats/safetensors_write.h"
#include "tests/support/esm_golden.h"
#include "tests/support/esm_image.h"

/* ---- as transformers saves them ---- */

static void models_of_transformers(void)
{
    static const char *const folder[] = {DN_TEST_GOLDEN "/esm_small", DN_TEST_GOLDEN "/esm_shards"};

    for (int i = 0; i < 2; i++) {
        dn_safetensors *file = NULL;
        dn_esm_weights w = {0};
        dn_error err = DN_ERROR_INIT;

        CU_ASSERT_EQUAL(dn_esm_weights_open(folder[i], &file, &w, &err), DN_OK);
        if (err.code != DN_OK) {
            fprintf(stderr, "# %s\n", err.text);
            return;
        }
        CU_ASSERT_EQUAL(w.config.layers, 1 + i);
        CU_ASSERT_EQUAL(w.config.width, i == 0 ? 16 : 12);
        CU_ASSERT_EQUAL(w.config.heads, 2);
        CU_ASSERT_EQUAL(w.config.inner, 4 * w.config.width);
        CU_ASSERT_EQUAL(w.config.norm_eps, 1e-5F);
        CU_ASSERT(w.config.token_dropout && w.config.mask_token == 32 && w.config.pad_token == 1);
        CU_ASSERT_EQUAL(w.embedding->type, i == 0 ? DN_SAFETENSORS_BF16 : DN_SAFETENSORS_F32);
        CU_ASSERT_STRING_EQUAL(w.layer[0].attention_norm.shift->name,
                               i == 0 ? "encoder.layer.0.attention.LayerNorm.bias"
                                      : "esm.encoder.layer.0.attention.LayerNorm.bias");
        CU_ASSERT_EQUAL(w.layer[i].feed_out.weight->shape[1], w.config.inner);
        dn_esm_weights_destroy(&w);
        dn_safetensors_close(&file);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
}

/* ---- generated ones ---- */

static dn_esm_config tiny(void)
{
    dn_esm_config c;

    CU_ASSERT_EQUAL(dn_esm_config_parse("2x8x2", &c, NULL), DN_OK);
    return c;
}

/* The file of tensors [first, last) of a model, with each `from` in its header made `to`, which is as long.
 */
static const char *make_file(const dn_esm_config *c, int64_t last, const char *from, const char *to)
{
    char *bytes = NULL, *at;
    size_t len = 0;
    const char *path;

    CU_ASSERT_EQUAL(esm_image(c, 3, DN_SAFETENSORS_F32, 0, last, &bytes, &len, NULL), DN_OK);
    if (from != NULL) {
        CU_ASSERT_EQUAL(strlen(from), strlen(to));
        CU_ASSERT_PTR_NOT_NULL(strstr(bytes + 8, from));
        for (at = bytes + 8; (at = strstr(at, from)) != NULL; at++)
            memcpy(at, to, strlen(to));
    }
    path = test_file("model.safetensors", bytes, len);
    dn_free(bytes);
    return path;
}

static void refused(const char *path, const char *json, dn_status want, const char *text)
{
    dn_safetensors *file = NULL;
    dn_esm_weights w = {0};
    dn_error err = DN_ERROR_INIT;
    long live = dn_alloc_live();

    if (json != NULL)
        test_file("config.json", json, strlen(json));
    else
        unlink(test_path("config.json"));
    CU_ASSERT_EQUAL(dn_esm_weights_open(path, &file, &w, &err), want);
    CU_ASSERT(test_says(&err, text));
    CU_ASSERT(file == NULL && w.layer == NULL);
    CU_ASSERT_EQUAL(dn_alloc_live(), live);
}

/* All but what lies between the members. */
static bool same(const dn_esm_config *a, const dn_esm_config *b)
{
    return a->layers == b->layers && a->width == b->width && a->heads == b->heads && a->inner == b->inner &&
           a->vocab == b->vocab && a->norm_eps == b->norm_eps && a->token_dropout == b->token_dropout &&
           a->mask_token == b->mask_token && a->pad_token == b->pad_token;
}

static void numbers_arrive(void)
{
    dn_esm_config c = tiny();
    const char *path = make_file(&c, dn_esm_tensors(&c), NULL, NULL);
    dn_safetensors *file = NULL;
    dn_esm_weights w = {0};
    dn_esm_tensor t;
    float v[33 * 8], want[33 * 8];
    char *json = NULL;
    int64_t numbers = 0;

    CU_ASSERT_EQUAL(dn_esm_config_text(&c, &json, NULL), DN_OK);
    test_file("config.json", json, strlen(json));
    dn_free(json);
    CU_ASSERT_EQUAL(dn_esm_weights_open(path, &file, &w, NULL), DN_OK);
    if (file == NULL)
        return;
    CU_ASSERT(same(&w.config, &c));
    dn_safetensor_floats(w.embedding, 0, 33 * 8, v);
    dn_esm_tensor_at(&c, 0, &t);
    dn_esm_generate(3, &t, 0, 0, 33 * 8, want);
    CU_ASSERT_EQUAL(memcmp(v, want, sizeof v), 0);
    dn_safetensor_floats(w.layer[1].query.bias, 0, 8, v);
    dn_esm_tensor_at(&c, 18, &t);
    CU_ASSERT_STRING_EQUAL(t.name, "encoder.layer.1.attention.self.query.bias");
    dn_esm_generate(3, &t, 18, 0, 8, want);
    CU_ASSERT_EQUAL(memcmp(v, want, 8 * sizeof *v), 0);
    dn_safetensor_floats(w.final_norm.scale, 0, 8, v);
    for (int i = 0; i < 8; i++)
        CU_ASSERT(fabsf(v[i] - 1) < 0.1F);
    for (int64_t i = 0; i < dn_safetensors_count(file); i++)
        numbers += dn_safetensors_at(file, i)->count;
    CU_ASSERT_EQUAL(numbers, dn_esm_config_numbers(&c));
    dn_esm_weights_destroy(&w);
    dn_safetensors_close(&file);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* Any range of a tensor is what the whole has there, also across items of the stream. */
static void generated_in_parts(void)
{
    static float all[5000], part[5000];
    const dn_esm_tensor t = {.base = 0, .scale = 1};
    int64_t start = (INT64_C(1) << 22) - 2501;
    double sum = 0;

    dn_esm_generate(9, &t, 5, start, 5000, all);
    for (int64_t at = 0, n = 1; at < 5000; at += n, n = n * 3 % 1000 + 1) {
        if (n > 5000 - at)
            n = 5000 - at;
        dn_esm_generate(9, &t, 5, start + at, n, part);
        CU_ASSERT_EQUAL(memcmp(all + at, part, (size_t)n * sizeof *part), 0);
    }
    for (int i = 0; i < 5000; i++) {
        CU_ASSERT(all[i] > -1 && all[i] < 1);
        sum += (double)all[i] * (double)all[i];
    }
    CU_ASSERT(fabs(sum / 5000 - 1.0 / 3) < 0.02); /* four standard errors are 0.017 */
}

static void tensors_that_are_not_there(void)
{
    dn_esm_config c = tiny();
    int64_t n = dn_esm_tensors(&c);
    char *json = NULL;

    CU_ASSERT_EQUAL(dn_esm_config_text(&c, &json, NULL), DN_OK);
    refused(make_file(&c, n - 1, NULL, NULL), json, DN_EDATA,
            "model.safetensors: tensor 'encoder.emb_layer_norm_after.bias' is missing");
    refused(make_file(&c, n, "1.attention.self.key", "1.attention.self.kex"), json, DN_EDATA,
            "tensor 'encoder.layer.1.attention.self.key.weight' is missing");
    refused(make_file(&c, n, "embeddings.word", "embeddings.wurd"), json, DN_EDATA, "this is no ESM model");
    refused(make_file(&c, n, "encoder.layer", "encoder.loyer"), json, DN_EDATA, "this is no ESM model");
    refused(make_file(&c, n, "encoder.layer.1", "encoder.layer.x"), json, DN_EDATA,
            "has no number of a layer");
    refused(make_file(&c, n, "encoder.layer.1", "encoder.layer.7"), json, DN_EDATA,
            "'num_hidden_layers' is 2, but the weights have 8");
    refused(make_file(&c, n, "\"encoder.layer.0.inter", "\"encoder.layer.0.enter"), json, DN_EDATA,
            "intermediate.dense.weight' is missing");
    refused(make_file(&c, n, "\"shape\": [32, 8]", "\"shape\": [8, 32]"), json, DN_EDATA,
            "'intermediate_size' is 32, but the weights have 8");
    refused(make_file(&c, n, "\"shape\": [8, 32]", "\"shape\": [32, 8]"), json, DN_EDATA,
            "tensor 'encoder.layer.0.output.dense.weight' has shape 32 x 8, wanted 8 x 32");
    refused(make_file(&c, n, "\"shape\": [8, 8]", "\"shape\": [16,4]"), json, DN_EDATA,
            "query.weight' has shape 16 x 4, wanted 8 x 8");
    refused(make_file(&c, n, "\"shape\": [8], \"", "\"shape\":[8,1],\""), json, DN_EDATA,
            "query.bias' has shape 8 x 1, wanted 8");
    refused(make_file(&c, n, "\"dtype\": \"F32\"", "\"dtype\": \"I32\""), json, DN_EDATA,
            "is of type I32; F32, F16 and BF16 can be read");
    refused(
        make_file(&c, n, "\"encoder.emb_layer_norm_after.bias\"", "\"embeddings.layer_norm.weight\"     "),
        json, DN_EDATA, "'embeddings.layer_norm.weight' belongs to a model with emb_layer_norm_before");
    dn_free(json);
}

/* A line of a good config.json replaced, or dropped where `to` is empty. */
static void bad_json(const char *from, const char *to, const char *want)
{
    dn_esm_config c = tiny();
    char *json = NULL, *at;
    char text[4096];

    CU_ASSERT_EQUAL(dn_esm_config_text(&c, &json, NULL), DN_OK);
    at = strstr(json, from);
    CU_ASSERT_PTR_NOT_NULL(at);
    if (at != NULL) {
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - json), json, to, at + strlen(from));
        refused(make_file(&c, dn_esm_tensors(&c), NULL, NULL), text, DN_EDATA, want);
    }
    dn_free(json);
}

static void configurations_that_lie(void)
{
    bad_json("{", "[", "config.json: is no JSON object");
    bad_json("\"hidden_size\": 8,", "", "'hidden_size' is missing");
    bad_json("\"hidden_size\": 8", "\"hidden_size\": \"8\"", "'hidden_size' is no whole number");
    bad_json("\"hidden_size\": 8", "\"hidden_size\": 16", "'hidden_size' is 16, but the weights have 8");
    bad_json("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "is 3, but the weights have 2");
    bad_json("\"intermediate_size\": 32", "\"intermediate_size\": 31", "is 31, but the weights have 32");
    bad_json("\"vocab_size\": 33", "\"vocab_size\": 21", "is 21, but the weights have 33");
    bad_json("\"num_attention_heads\": 2,", "", "'num_attention_heads' is missing");
    bad_json("\"num_attention_heads\": 2", "\"num_attention_heads\": 3", "cannot be cut into 3 heads");
    bad_json("\"num_attention_heads\": 2", "\"num_attention_heads\": 8", "cannot be cut into 8 heads");
    bad_json("\"num_attention_heads\": 2", "\"num_attention_heads\": 0", "cannot be cut into 0 heads");
    bad_json("\"num_attention_heads\": 2", "\"num_attention_heads\": -2", "cannot be cut into -2 heads");
    bad_json("\"rotary\"", "\"absolute\"", "'position_embedding_type' is absolute; only 'rotary'");
    bad_json("\"position_embedding_type\": \"rotary\",", "", "is absent, which means absolute");
    bad_json("\"emb_layer_norm_before\": false", "\"emb_layer_norm_before\": true",
             "'emb_layer_norm_before' is true");
    bad_json("\"emb_layer_norm_before\": false", "\"is_folding_model\": true", "'is_folding_model' is true");
    bad_json("\"emb_layer_norm_before\": false", "\"emb_layer_norm_before\": 0", "neither true nor false");
    bad_json("\"gelu\"", "\"relu\"", "'hidden_act' is relu");
    bad_json("\"esm\"", "\"bert\"", "'model_type' is bert");
    bad_json("\"mask_token_id\": 32", "\"mask_token_id\": 33", "'mask_token_id' is no token");
    bad_json("\"pad_token_id\": 1", "\"pad_token_id\": true", "'pad_token_id' is no token");
    bad_json("\"layer_norm_eps\": 1.0000000000000001e-5", "\"layer_norm_eps\": -1",
             "'layer_norm_eps' is no number");
    bad_json("\"layer_norm_eps\": 1.0000000000000001e-5", "\"layer_norm_eps\": \"x\"",
             "'layer_norm_eps' is no number");
}

static void what_absent_keys_mean(void)
{
    static const char json[] =
        "{\"hidden_size\":8,\"num_hidden_layers\":2,\"intermediate_size\":32,\"vocab_size\":33,"
        "\"num_attention_heads\":4,\"position_embedding_type\":\"rotary\","
        "\"emb_layer_norm_before\":null,\"mask_token_id\":null}";
    dn_esm_config c = tiny();
    const char *path = make_file(&c, dn_esm_tensors(&c), NULL, NULL);
    dn_safetensors *file = NULL;
    dn_esm_weights w = {0};

    test_file("config.json", json, strlen(json));
    CU_ASSERT_EQUAL(dn_esm_weights_open(path, &file, &w, NULL), DN_OK);
    CU_ASSERT(w.config.heads == 4 && !w.config.token_dropout && w.config.norm_eps == 1e-12F);
    CU_ASSERT(w.config.mask_token == 32 && w.config.pad_token == 1);
    dn_esm_weights_destroy(&w);
    if (file != NULL)
        dn_safetensors_close(&file);
}

/* ---- sizes ---- */

static void published_sizes(void)
{
    /* numbers of the first three counted in transformers' EsmModel */
    static const struct {
        const char *name;
        int64_t layers, width, heads, numbers;
    } sizes[] = {{"8M", 6, 320, 20, 7408960},      {"35M", 12, 480, 20, 33269280},
                 {"150M", 30, 640, 20, 147728000}, {"650M", 33, 1280, 20, 649400320},
                 {"3B", 36, 2560, 40, 2832442880}, {"15B", 48, 5120, 40, 15102868480}};
    dn_esm_config c;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CU_ASSERT_EQUAL(dn_esm_config_parse(sizes[i].name, &c, NULL), DN_OK);
        CU_ASSERT(c.layers == sizes[i].layers && c.width == sizes[i].width && c.heads == sizes[i].heads);
        CU_ASSERT(c.inner == 4 * c.width && c.vocab == 33 && c.token_dropout && c.norm_eps == 1e-5F);
        CU_ASSERT_EQUAL(dn_esm_config_numbers(&c), sizes[i].numbers);
    }
    CU_ASSERT_EQUAL(dn_esm_config_parse("3x48x2", &c, NULL), DN_OK);
    CU_ASSERT(c.layers == 3 && c.width == 48 && c.heads == 2);
    static const char *const bad[] = {"",
                                      "8m",
                                      "x",
                                      "3x48",
                                      "3x48x2x1",
                                      "3x48x5",
                                      "3x48x48",
                                      "0x48x2",
                                      "3x-48x2",
                                      "3x48x",
                                      "1001x8x2",
                                      "1x65538x1",
                                      "99999999999999999999x8x2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_EQUAL(dn_esm_config_parse(bad[i], &c, NULL), DN_EUSAGE);
}

/* A file of the shapes of the model of 3 billion weights, nearly all of it a hole; heads by the table. */
static void a_file_of_eleven_gigabytes(void)
{
    dn_esm_config c;
    dn_safetensors *file = NULL;
    dn_esm_weights w = {0};
    char *head = NULL;
    size_t len = 0;
    struct stat info;
    const char *path;
    float v[4] = {1, 1, 1, 1};

    unlink(test_path("config.json"));
    CU_ASSERT_EQUAL(dn_esm_config_parse("3B", &c, NULL), DN_OK);
    CU_ASSERT_EQUAL(dn_esm_head(&c, DN_SAFETENSORS_F32, 0, dn_esm_tensors(&c), NULL, &head, &len, NULL),
                    DN_OK);
    path = test_file("model.safetensors", head, len);
    dn_free(head);
    if (truncate(path, (off_t)len + 4 * dn_esm_config_numbers(&c)) != 0) {
        test_skip("no file of 11 GB with a hole can be made here");
        return;
    }
    CU_ASSERT_EQUAL(dn_esm_weights_open(path, &file, &w, NULL), DN_OK);
    if (file == NULL)
        return;
    CU_ASSERT(w.config.heads == 40 && w.config.layers == 36);
    dn_safetensor_floats(w.layer[35].feed_out.weight, w.layer[35].feed_out.weight->count - 4, 4, v);
    CU_ASSERT(v[0] == 0 && v[3] == 0);
    CU_ASSERT(w.final_norm.shift->offset + (int64_t)w.final_norm.shift->bytes > INT64_C(11000000000));
    CU_ASSERT(stat(path, &info) == 0 && info.st_blocks * 512 < 10000000);
    dn_esm_weights_destroy(&w);
    dn_safetensors_close(&file);
    CU_ASSERT_EQUAL(truncate(path, (off_t)len + 4 * dn_esm_config_numbers(&c) - 1), 0);
    refused(path, NULL, DN_EDATA, "it is cut off, or its header lies");
    unlink(path);
}

static void layouts_that_are_not_published(void)
{
    dn_esm_config c = tiny();

    refused(make_file(&c, dn_esm_tensors(&c), NULL, NULL), NULL, DN_EDATA,
            "2 layers of width 8 are no published size of ESM-2, and there is no config.json");
}

/* ---- golden cases open, and their tokens are ours ---- */

static void golden_models_open(void)
{
    FILE *f = fopen(DN_TEST_GOLDEN "/esm.txt", "r");
    esm_golden x;
    int cases = 0;

    CU_ASSERT_PTR_NOT_NULL(f);
    while (f != NULL && esm_golden_next(f, &x)) {
        dn_safetensors *file = NULL;
        dn_esm_weights w = {0};

        CU_ASSERT_EQUAL(dn_esm_weights_open(esm_golden_model(&x), &file, &w, NULL), DN_OK);
        CU_ASSERT(w.config.width == x.config.width && w.config.heads == x.config.heads);
        CU_ASSERT_EQUAL(w.config.token_dropout, x.config.token_dropout);
        CU_ASSERT(x.proteins > 0 && x.protein[0].rows > 0);
        dn_esm_weights_destroy(&w);
        if (file != NULL)
            dn_safetensors_close(&file);
        esm_golden_free(&x);
        cases++;
    }
    CU_ASSERT_EQUAL(cases, 9);
    if (f != NULL)
        fclose(f);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void refused_memory(void)
{
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 5000; k++) {
        dn_safetensors *file = NULL;
        dn_esm_weights w = {0};

        dn_alloc_fail_after(k);
        st = dn_esm_weights_open(DN_TEST_GOLDEN "/esm_shards", &file, &w, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && file == NULL && w.layer == NULL));
        dn_esm_weights_destroy(&w);
        if (file != NULL)
            dn_safetensors_close(&file);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    st = DN_ENOMEM;
    for (long k = 0; st != DN_OK && k < 2000; k++) {
        dn_esm_config c = tiny();
        char *bytes = NULL, *json = NULL;
        size_t len;

        dn_alloc_fail_after(k);
        st = esm_image(&c, 3, DN_SAFETENSORS_F16, 0, 3, &bytes, &len, NULL);
        if (st == DN_OK)
            st = dn_esm_config_text(&c, &json, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || st == DN_ENOMEM);
        dn_free(bytes);
        dn_free(json);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"models of transformers", models_of_transformers},
                                {"numbers arrive", numbers_arrive},
                                {"generated in parts", generated_in_parts},
                                {"tensors that are not there", tensors_that_are_not_there},
                                {"configurations that lie", configurations_that_lie},
                                {"what absent keys mean", what_absent_keys_mean},
                                {"published sizes", published_sizes},
                                {"a file of 11 GB", a_file_of_eleven_gigabytes},
                                {"layouts that are not published", layouts_that_are_not_published},
                                {"golden models open", golden_models_open},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "esm_weights", tests);
}
