/* safetensors.h - named arrays in safetensors files, read in place
 *
 * A file is 8 bytes that hold the length N of a header (little endian), N bytes of JSON, and data. The header
 * maps each name to {"dtype", "shape", "data_offsets": [begin, end]}, offsets from the end of the header, and
 * "__metadata__" to texts. Several files ("shards") are one set when an index, JSON too, maps each name to a
 * file of its folder ("weight_map"). Format: github.com/huggingface/safetensors, README, "Format".
 *
 * Nothing the header says is believed: names, types, shapes and offsets are checked against each other and
 * against the size of the file when it is opened. As the format demands, the data of all tensors together
 * cover everything behind the header once: no overlap, no gap, no rest.
 *
 * Files are mapped, not read: only pages that are touched come from disk, and all ranks of a node that open
 * the same file share the pages, so that it stands in the memory of a node once. A file must not be made
 * shorter while it is open (the system ends the program, SIGBUS). All functions are local and make no copy.
 * Texts of errors start with the name of the file and name the tensor.
 */
#ifndef DN_FORMATS_SAFETENSORS_H
#define DN_FORMATS_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>
#include "solvers/base/error.h"
#include "solvers/base/text.h"

enum {
    DN_SAFETENSORS_RANK = 8,          /* dimensions of a tensor, at most */
    DN_SAFETENSORS_HEADER = 16 << 20, /* bytes of a header or an index, at most; a model of 3 billion
                                       * weights needs 0.1 million */
    DN_SAFETENSORS_SHARDS = 1000
};

/* F32, F16 and BF16 can be read; the others are known, listed, and refused by who needs numbers. */
typedef enum dn_safetensors_type {
    DN_SAFETENSORS_F32,
    DN_SAFETENSORS_F16,  /* IEEE 754 binary16 */
    DN_SAFETENSORS_BF16, /* the upper half of a binary32 */
    DN_SAFETENSORS_OTHER
} dn_safetensors_type;

typedef struct dn_safetensor {
    const char *name;  /* ends with '\0'; not empty */
    const char *dtype; /* as in the file: "F32", "BF16", "I64" ... */
    dn_safetensors_type type;
    int rank;                           /* 0 .. DN_SAFETENSORS_RANK; 0 is one number */
    int64_t shape[DN_SAFETENSORS_RANK]; /* [rank]  each >= 0, row-major */
    int64_t count;                      /* numbers: product of the shape */
    const void *data; /* [bytes]  little endian; NOT aligned to the type in every file; NULL after a parse of
                       * the header alone */
    size_t bytes;
    int64_t offset; /* of data, from the start of its file */
    int file;       /* which file of the set, from 0 */
} dn_safetensor;

/* ---- a header alone ---- */

typedef struct dn_safetensors_header {
    int64_t n;
    dn_safetensor *tensor; /* [n]  in the order of their data; data == NULL */
    char *names;           /* what the names point into */
    int64_t data;          /* where the data begin in the file */
} dn_safetensors_header;

/* The header in the first len bytes of a file of file_bytes bytes; name is for messages. *out must be empty.
 * A pure function: nothing else is read.
 * Fails: DN_EDATA with one line for each way a header can be wrong; DN_ENOMEM. Then *out stays empty. */
DN_MUST_CHECK dn_status dn_safetensors_parse(const char *name, const void *head, size_t len,
                                             int64_t file_bytes, dn_safetensors_header *out, dn_error *err);
void dn_safetensors_header_destroy(dn_safetensors_header *h); /* back to empty */

/* ---- an index alone ---- */

/* The files that an index names, each once, in the order of their first tensor, into the empty table *out;
 * name is for messages. Every one is a plain name of the folder of the index. A pure function. Fails:
 * DN_EDATA no JSON object with a weight_map, a file outside of the folder, too many of them; DN_ENOMEM. Then
 * *out may hold some */
DN_MUST_CHECK dn_status dn_safetensors_index(const char *name, const char *text, size_t len, dn_strings *out,
                                             dn_error *err);

/* ---- a file, or a set of files ---- */

typedef struct dn_safetensors dn_safetensors;

/* path is a .safetensors file, an index ("....safetensors.index.json"), or a folder that holds
 * model.safetensors or model.safetensors.index.json. Of a set, the index and the shards must name the same
 * tensors, each once.
 * Fails: DN_ENOINPUT cannot be opened, or is no regular file; DN_EDATA; DN_EIO the map is refused; DN_ENOMEM
 */
DN_MUST_CHECK dn_status dn_safetensors_open(const char *path, dn_safetensors **out, dn_error *err);
void dn_safetensors_close(dn_safetensors **s);

int64_t dn_safetensors_count(const dn_safetensors *s);
/* Tensor i, 0 <= i < count: file after file, in the order of the data. */
const dn_safetensor *dn_safetensors_at(const dn_safetensors *s, int64_t i);
/* By name; NULL when there is none. */
const dn_safetensor *dn_safetensors_find(const dn_safetensors *s, const char *name);

/* Let go of the pages that were touched: they no longer count as memory of this process, stay with the system
 * while it has room, and come back when they are touched again. For who has read a part and goes on. */
void dn_safetensors_rest(const dn_safetensors *s);

/* What was opened: the file or the index. */
const char *dn_safetensors_path(const dn_safetensors *s);
/* The file that holds a tensor of s. For messages. */
const char *dn_safetensors_file(const dn_safetensors *s, const dn_safetensor *t);

/* Numbers [first, first + count) of a tensor of type F32, F16 or BF16 as f32, exactly: out [count]. */
void dn_safetensor_floats(const dn_safetensor *t, int64_t first, int64_t count, float *out);

#endif
