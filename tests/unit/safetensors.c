/* safetensors.c - tests of solvers/formats/safetensors.h and safetensors_write.h: every lie a header can tell
 */
#include "tests/support/test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "solvers/formats/safetensors.h"
#include "solvers/formats/safetensors_write.h"

enum { CAP = 4096 };

/* A file image: the length of the header, the header, `data` bytes 0, 1, 2 ...; returns its length. */
static size_t image(char *buf, const char *json, size_t data)
{
    size_t n = strlen(json);

    for (int i = 0; i < 8; i++)
        buf[i] = (char)(n >> (8 * i) & 0xff);
    memcpy(buf + 8, json, n);
    for (size_t i = 0; i < data; i++)
        buf[8 + n + i] = (char)i;
    return 8 + n + data;
}

/* ---- one file ---- */

static const char good_json[] =
    "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[6,22]},"
    "\"a.weight\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[0,6]},"
    "\"empty\":{\"dtype\":\"F16\",\"shape\":[4,0],\"data_offsets\":[6,6]},"
    "\"one\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[22,30]}}    ";

static void a_file_is_read_in_place(void)
{
    char buf[CAP];
    size_t n = image(buf, good_json, 30);
    const char *path = test_file("good.safetensors", buf, n);
    dn_safetensors *s = NULL;
    const dn_safetensor *t;

    CU_ASSERT_EQUAL(dn_safetensors_open(path, &s, NULL), DN_OK);
    if (s == NULL)
        return;
    CU_ASSERT_EQUAL(dn_safetensors_count(s), 4);
    CU_ASSERT_STRING_EQUAL(dn_safetensors_path(s), path);
    CU_ASSERT_STRING_EQUAL(dn_safetensors_at(s, 0)->name, "a.weight"); /* the order of the data */
    CU_ASSERT_STRING_EQUAL(dn_safetensors_at(s, 1)->name, "empty");
    CU_ASSERT_STRING_EQUAL(dn_safetensors_at(s, 3)->name, "one");
    t = dn_safetensors_find(s, "b");
    CU_ASSERT(t != NULL && t->rank == 2 && t->shape[0] == 2 && t->shape[1] == 2 && t->count == 4);
    CU_ASSERT(t != NULL && t->bytes == 16 && t->type == DN_SAFETENSORS_F32);
    CU_ASSERT(t != NULL && memcmp(t->data, buf + n - 24, 16) == 0);
    CU_ASSERT_STRING_EQUAL(dn_safetensors_file(s, t), path);
    t = dn_safetensors_find(s, "one");
    CU_ASSERT(t != NULL && t->rank == 0 && t->count == 1 && t->type == DN_SAFETENSORS_OTHER);
    CU_ASSERT(t != NULL && strcmp(t->dtype, "I64") == 0);
    t = dn_safetensors_find(s, "empty");
    CU_ASSERT(t != NULL && t->count == 0 && t->bytes == 0);
    CU_ASSERT_PTR_NULL(dn_safetensors_find(s, "a"));
    CU_ASSERT_PTR_NULL(dn_safetensors_find(s, "__metadata__"));
    dn_safetensors_close(&s);
    dn_safetensors_close(&s);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* What is wrong with bytes [n] of a file of `bytes`. */
static void refused(const char *buf, size_t n, int64_t bytes, const char *want)
{
    dn_safetensors_header h = {0};
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_safetensors_parse("f.safetensors", buf, n, bytes, &h, &err), DN_EDATA);
    CU_ASSERT_EQUAL(strncmp(err.text, "f.safetensors: ", 15), 0);
    CU_ASSERT_PTR_NULL(strchr(err.text, '\n'));
    CU_ASSERT(test_says(&err, want));
    CU_ASSERT(h.n == 0 && h.tensor == NULL && h.names == NULL);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void bad(const char *json, size_t data, const char *want)
{
    char buf[CAP];
    size_t n = image(buf, json, data);

    refused(buf, n, (int64_t)n, want);
}

/* A header of one tensor 'x'. */
static void bad_tensor(const char *dtype, const char *shape, const char *offsets, size_t data,
                       const char *want)
{
    char json[600];

    snprintf(json, sizeof json, "{\"x\":{\"dtype\":%s,\"shape\":%s,\"data_offsets\":%s}}", dtype, shape,
             offsets);
    bad(json, data, want);
}

static void lengths_that_lie(void)
{
    char buf[CAP];
    size_t n = image(buf, good_json, 30);

    refused(buf, 0, 0, "0 bytes are no safetensors file");
    refused(buf, 7, 7, "7 bytes are no safetensors file");
    refused(buf, 8, 8, "is cut off");
    refused(buf, 100, 100, "is cut off");
    refused(buf, 100, (int64_t)n, "is cut off within the header");
    refused(buf, n - 1, (int64_t)n - 1, "tensor 'one' ends at byte 30 of the data, but the file has 29");
    refused(buf, n + 1, (int64_t)n + 1, "1 bytes behind the data of the last tensor belong to none");
    memset(buf, 0xff, 8);
    refused(buf, n, (int64_t)n, "a header of 18446744073709551615 bytes");
    memset(buf, 0, 8);
    buf[7] = (char)0x80; /* 2^63 */
    refused(buf, n, (int64_t)n, "a header of 9223372036854775808 bytes");
    memset(buf, 0, 8);
    buf[4] = 1; /* 4 GiB, in a file that is said to have them */
    refused(buf, n, INT64_C(1) << 40, "is too long");
    memset(buf, 0, 8);
    refused(buf, n, (int64_t)n, "does not begin with '{'");
    buf[0] = 1;
    refused(buf, n, (int64_t)n, "does not begin with '{'");
}

static void json_that_is_none(void)
{
    bad("[]", 0, "does not begin with '{'");
    bad(" {}", 0, "does not begin with '{'");
    bad("{", 0, "does not begin with");
    bad("{ ", 0, "line 1, column");
    bad("{\"x\":}", 0, "line 1, column");
    bad("{} x", 0, "line 1, column");
    bad("{\"x\\u0000y\":{}}", 0, "no JSON object");
    bad("{\"\xff\":{}}", 0, "no JSON object");
    bad("{\"\n\":{}}", 0, "no JSON object");
    bad("{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
        "\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
        2, "duplicate object key near '\"x\"'");
    bad("{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "duplicate");
    bad("{\"x\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],\"data_offsets\":[0,1]}}", 1, "too big");
    bad("{\"__metadata__\":[]}", 0, "__metadata__ is no object");
    bad("{\"__metadata__\":{\"a\":1}}", 0, "__metadata__: 'a' is no text");
}

static void tensors_that_lie(void)
{
    bad("{\"x\":[]}", 0, "tensor 'x' is not described by an object");
    bad("{\"\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "has no name");
    bad("{\"a\\nb\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "control character");
    bad("{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"zip\":1}}", 1, "unknown key 'zip'");
    bad("{\"x\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "has no dtype");
    bad_tensor("7", "[1]", "[0,1]", 1, "has no dtype");
    bad_tensor("\"F128\"", "[1]", "[0,1]", 1, "unknown dtype 'F128'");
    bad_tensor("\"f32\"", "[1]", "[0,4]", 4, "unknown dtype 'f32'");
    bad("{\"x\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, "has no shape");
    bad_tensor("\"U8\"", "{}", "[0,1]", 1, "has no shape");
    bad_tensor("\"U8\"", "[-1]", "[0,1]", 1, "dimension 0 of the shape");
    bad_tensor("\"U8\"", "[1,1.0]", "[0,1]", 1, "dimension 1 of the shape");
    bad_tensor("\"U8\"", "[\"1\"]", "[0,1]", 1, "dimension 0 of the shape");
    bad_tensor("\"U8\"", "[1,1,1,1,1,1,1,1,1]", "[0,1]", 1, "has 9 dimensions");
    bad_tensor("\"U8\"", "[4294967296,4294967296]", "[0,0]", 0, "overflows");
    bad_tensor("\"U8\"", "[4294967296,4294967296,0]", "[0,0]", 0, "overflows");
    bad_tensor("\"F64\"", "[9223372036854775807]", "[0,8]", 8, "overflows");
    bad_tensor("\"F32\"", "[4611686018427387904]", "[0,0]", 0, "overflows"); /* times 4 is 2^64 */
    bad("{\"x\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "has no data_offsets");
    bad_tensor("\"U8\"", "[1]", "[0]", 1, "has no data_offsets");
    bad_tensor("\"U8\"", "[1]", "[0,1,2]", 1, "has no data_offsets");
    bad_tensor("\"U8\"", "[1]", "[0,\"1\"]", 1, "has no data_offsets");
    bad_tensor("\"U8\"", "[1]", "[-1,0]", 1, "are no range");
    bad_tensor("\"U8\"", "[1]", "[1,0]", 1, "are no range");
    bad_tensor("\"U8\"", "[1]", "[9223372036854775806,9223372036854775807]", 1, "ends at byte");
    bad_tensor("\"F32\"", "[2]", "[0,4]", 4, "of type F32 has 4 bytes where its shape needs 8");
    bad_tensor("\"F32\"", "[0]", "[0,4]", 4, "has 4 bytes where its shape needs 0");
    bad_tensor("\"F4\"", "[3]", "[0,2]", 2, "has 2 bytes where its shape needs 2"); /* twelve bits */
}

static void data_that_overlap_or_leave_gaps(void)
{
    bad("{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
        "\"y\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
        6, "tensors 'x' and 'y' overlap");
    bad("{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
        "\"y\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}",
        4, "overlap");
    bad("{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
        "\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}",
        5, "a gap of 1 bytes before the data of tensor 'y'");
    bad_tensor("\"U8\"", "[1]", "[1,2]", 2, "a gap of 1 bytes");
    bad_tensor("\"U8\"", "[1]", "[0,1]", 3, "2 bytes behind the data");
    bad("{}", 3, "3 bytes behind the data");
}

static void other_files_are_named(void)
{
    refused("PK\3\4aaaaaaaaaaaaa", 17, 17, "torch.save");
    refused("version https://git-lfs.github.com/spec/v1\n", 43, 43, "Git LFS pointer");
    refused("\x89HDF\r\n\x1a\n", 8, 8, "is an HDF5 file");
}

/* ---- opening ---- */

static void cannot_open(const char *path, dn_status want, const char *text)
{
    dn_safetensors *s = NULL;
    dn_error err = DN_ERROR_INIT;

    CU_ASSERT_EQUAL(dn_safetensors_open(path, &s, &err), want);
    CU_ASSERT_PTR_NULL(s);
    CU_ASSERT(test_says(&err, text));
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    dn_safetensors_close(&s);
}

static void paths_that_cannot_be_opened(void)
{
    cannot_open(test_path("absent.safetensors"), DN_ENOINPUT, "absent.safetensors: cannot be opened");
    cannot_open("/dev/null", DN_ENOINPUT, "is not a regular file");
    cannot_open(test_file("empty.safetensors", "", 0), DN_EDATA, "is empty");
    CU_ASSERT_EQUAL(mkdir(test_path("bare"), 0700), 0);
    cannot_open(test_path("bare"), DN_ENOINPUT, "holds neither model.safetensors nor");
    rmdir(test_path("bare"));
}

#define TENSOR(name, begin, end) \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[" #begin "," #end "]}"

/* Two shards, of x and y and of z, and an index. */
static const char *make_set(const char *index)
{
    char buf[CAP];

    test_file("one.safetensors", buf, image(buf, "{" TENSOR("x", 0, 2) "," TENSOR("y", 2, 4) "}", 4));
    test_file("two.safetensors", buf, image(buf, "{" TENSOR("z", 0, 2) "}", 2));
    return test_file("model.safetensors.index.json", index, strlen(index));
}

static void a_set_is_one_table(void)
{
    const char *path = make_set("{\"metadata\":{\"total_size\":6},\"weight_map\":{\"x\":\"one.safetensors\","
                                "\"z\":\"two.safetensors\",\"y\":\"one.safetensors\"}}");
    dn_safetensors *s = NULL;

    for (int folder = 0; folder < 2; folder++) {
        CU_ASSERT_EQUAL(dn_safetensors_open(folder ? test_dir() : path, &s, NULL), DN_OK);
        if (s == NULL)
            return;
        CU_ASSERT_EQUAL(dn_safetensors_count(s), 3);
        CU_ASSERT_STRING_EQUAL(dn_safetensors_path(s), path);
        CU_ASSERT_EQUAL(((const char *)dn_safetensors_find(s, "y")->data)[1], 3);
        CU_ASSERT_EQUAL(((const char *)dn_safetensors_find(s, "z")->data)[1], 1);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(dn_safetensors_file(s, dn_safetensors_find(s, "z")), "/two.safetensors"));
        dn_safetensors_close(&s);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void bad_set(const char *index, dn_status st, const char *want)
{
    cannot_open(make_set(index), st, want);
}

static void sets_that_lie(void)
{
#define X "\"x\":\"one.safetensors\""
#define Y "\"y\":\"one.safetensors\""
#define Z "\"z\":\"two.safetensors\""
    bad_set("[]", DN_EDATA, "no JSON object");
    bad_set("{\"weight_map\":{" X "," X "}}", DN_EDATA, "duplicate");
    bad_set("{}", DN_EDATA, "has no weight_map");
    bad_set("{\"weight_map\":[]}", DN_EDATA, "has no weight_map");
    bad_set("{\"weight_map\":{}}", DN_EDATA, "has no weight_map");
    bad_set("{\"weight_map\":{\"x\":1}}", DN_EDATA, "no file of this folder");
    bad_set("{\"weight_map\":{\"x\":\"\"}}", DN_EDATA, "no file of this folder");
    bad_set("{\"weight_map\":{\"x\":\"/etc/passwd\"}}", DN_EDATA, "'/etc/passwd', which is no file of this");
    bad_set("{\"weight_map\":{\"x\":\"../one.safetensors\"}}", DN_EDATA, "no file of this folder");
    bad_set("{\"weight_map\":{\"x\":\"a/one.safetensors\"}}", DN_EDATA, "no file of this folder");
    bad_set("{\"weight_map\":{\"x\":\"..\"}}", DN_EDATA, "no file of this folder");
    bad_set("{\"weight_map\":{" X "," Y ",\"z\":\"three.safetensors\"}}", DN_ENOINPUT,
            "three.safetensors: cannot be opened");
    bad_set("{\"weight_map\":{" X "," Y "," Z ",\"w\":\"two.safetensors\"}}", DN_EDATA,
            "tensor 'w' is not in 'two.safetensors'");
    bad_set("{\"weight_map\":{\"x\":\"two.safetensors\"," Y "," Z "}}", DN_EDATA,
            "tensor 'x' is not in 'two.safetensors'");
    bad_set("{\"weight_map\":{" X "," Z "}}", DN_EDATA, "tensor 'y' of ");
    bad_set("{\"weight_map\":{\"x\":\"model.safetensors.index.json\"}}", DN_EDATA, "is cut off");
    bad_set("{\"weight_map\":{" X "," Y "," Z ",\"x2\":\"copy.safetensors\"}}", DN_ENOINPUT,
            "copy.safetensors");
    CU_ASSERT_EQUAL(link(test_path("one.safetensors"), test_path("copy.safetensors")), 0);
    bad_set("{\"weight_map\":{" X "," Y "," Z ",\"x2\":\"copy.safetensors\"}}", DN_EDATA, "is in ");
}

/* ---- numbers ---- */

static void numbers_of_every_type(void)
{
    static const uint16_t half[] = {0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff,
                                    0x0400, 0x0001, 0x83ff, 0x7c00, 0xfc00};
    static const float want[] = {0,        -0.0F,    1, -2, 65504, 0x1p-14F, 0x1p-24F, -1023 * 0x1p-24F,
                                 INFINITY, -INFINITY};
    static const float v[] = {1.0F, -3.14159274F, 1e-30F};
    char raw[64];
    float out[10];
    dn_safetensor t = {.type = DN_SAFETENSORS_F16, .data = raw + 1}; /* not aligned */

    memcpy(raw + 1, half, sizeof half);
    dn_safetensor_floats(&t, 0, 10, out);
    CU_ASSERT_EQUAL(memcmp(out, want, sizeof want), 0);
    dn_safetensor_floats(&t, 3, 2, out);
    CU_ASSERT(out[0] == -2 && out[1] == 65504);
    memcpy(raw + 1, v, sizeof v);
    t.type = DN_SAFETENSORS_F32;
    dn_safetensor_floats(&t, 1, 2, out);
    CU_ASSERT_EQUAL(memcmp(out, v + 1, 8), 0);
    t.type = DN_SAFETENSORS_BF16; /* the upper halves */
    dn_safetensor_floats(&t, 1, 1, out);
    CU_ASSERT_EQUAL(out[0], 1.0F);
    CU_ASSERT_EQUAL(dn_safetensors_item(DN_SAFETENSORS_F32), 4);
    CU_ASSERT_EQUAL(dn_safetensors_item(DN_SAFETENSORS_BF16), 2);
}

/* Every number of 16 bits comes back, and what lies between two goes to the nearer one. */
static void rounding(dn_safetensors_type type)
{
    dn_safetensor t = {.type = type};
    float last = 0;

    for (uint32_t k = 0; k < 65536; k++) {
        uint16_t bits = (uint16_t)k, back;
        float v;

        t.data = &bits;
        dn_safetensor_floats(&t, 0, 1, &v);
        dn_safetensors_pack(type, &v, 1, &back);
        if (v != v) {
            float again;

            t.data = &back;
            dn_safetensor_floats(&t, 0, 1, &again);
            CU_ASSERT(again != again);
            continue;
        }
        CU_ASSERT_EQUAL(back, bits);
        if (k > 0 && k < 32768 && isfinite(v)) {
            float middle = (float)(((double)last + v) / 2), above = nextafterf(middle, INFINITY),
                  below = nextafterf(middle, 0);

            dn_safetensors_pack(type, &middle, 1, &back);
            CU_ASSERT_EQUAL(back, k % 2 == 0 ? k : k - 1);
            dn_safetensors_pack(type, &above, 1, &back);
            CU_ASSERT_EQUAL(back, k);
            dn_safetensors_pack(type, &below, 1, &back);
            CU_ASSERT_EQUAL(back, k - 1);
        }
        last = v;
    }
}

static void packing_rounds_to_nearest(void)
{
    float big = 65520, less = 65519.996F;
    uint16_t out;

    rounding(DN_SAFETENSORS_F16);
    rounding(DN_SAFETENSORS_BF16);
    dn_safetensors_pack(DN_SAFETENSORS_F16, &big, 1, &out);
    CU_ASSERT_EQUAL(out, 0x7c00);
    dn_safetensors_pack(DN_SAFETENSORS_F16, &less, 1, &out);
    CU_ASSERT_EQUAL(out, 0x7bff);
}

static void a_written_header_is_read(void)
{
    const dn_safetensor t[] = {{.name = "b", .type = DN_SAFETENSORS_F16, .rank = 2, .shape = {3, 5}},
                               {.name = "a \"quoted\"", .type = DN_SAFETENSORS_F32, .rank = 1, .shape = {7}}};
    static const char *const metadata[] = {"format", "pt", NULL};
    dn_safetensors_header h = {0};
    char *text = NULL;
    size_t len = 0;

    CU_ASSERT_EQUAL(dn_safetensors_head(t, 2, metadata, &text, &len, NULL), DN_OK);
    CU_ASSERT_EQUAL(len % 8, 0);
    CU_ASSERT_EQUAL(dn_safetensors_parse("w", text, len, (int64_t)len + 58, &h, NULL), DN_OK);
    CU_ASSERT(h.n == 2 && h.data == (int64_t)len);
    CU_ASSERT_STRING_EQUAL(h.tensor[0].name, "b");
    CU_ASSERT(h.tensor[0].count == 15 && h.tensor[1].count == 7 && h.tensor[1].type == DN_SAFETENSORS_F32);
    CU_ASSERT_STRING_EQUAL(h.tensor[1].name, t[1].name);
    dn_safetensors_header_destroy(&h);
    dn_free(text);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

/* ---- memory ---- */

static void refused_memory(void)
{
    const char *path = make_set("{\"weight_map\":{" X "," Y "," Z "}}");
    dn_status st = DN_ENOMEM;

    for (long k = 0; st != DN_OK && k < 2000; k++) {
        dn_safetensors *s = NULL;
        dn_error err = DN_ERROR_INIT;

        dn_alloc_fail_after(k);
        st = dn_safetensors_open(path, &s, &err);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && s == NULL && err.code == DN_ENOMEM));
        dn_safetensors_close(&s);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
    st = DN_ENOMEM;
    for (long k = 0; st != DN_OK && k < 200; k++) {
        const dn_safetensor t = {.name = "x", .type = DN_SAFETENSORS_F32, .rank = 1, .shape = {7}};
        char *text = NULL;
        size_t len;

        dn_alloc_fail_after(k);
        st = dn_safetensors_head(&t, 1, NULL, &text, &len, NULL);
        dn_alloc_fail_after(-1);
        CU_ASSERT(st == DN_OK || (st == DN_ENOMEM && text == NULL));
        dn_free(text);
        CU_ASSERT_EQUAL(dn_alloc_live(), 0);
    }
    CU_ASSERT_EQUAL(st, DN_OK);
}

static const dn_test tests[] = {{"a file is read in place", a_file_is_read_in_place},
                                {"lengths that lie", lengths_that_lie},
                                {"JSON that is none", json_that_is_none},
                                {"tensors that lie", tensors_that_lie},
                                {"data that overlap or leave gaps", data_that_overlap_or_leave_gaps},
                                {"other files are named", other_files_are_named},
                                {"paths that cannot be opened", paths_that_cannot_be_opened},
                                {"a set is one table", a_set_is_one_table},
                                {"sets that lie", sets_that_lie},
                                {"numbers of every type", numbers_of_every_type},
                                {"packing rounds to nearest", packing_rounds_to_nearest},
                                {"a written header is read", a_written_header_is_read},
                                {"refused memory", refused_memory},
                                {NULL, NULL}};

int main(int argc, char **argv)
{
    return test_main(argc, argv, "safetensors", tests);
}
