/* error.h - one error type, one way out
 *
 * Contents: status codes, dn_error, DN_FAIL / DN_TRY / DN_PASS
 *
 * A function that can fail returns dn_status, takes `dn_error *err` last and has one exit:
 *
 *     dn_status st = DN_OK;
 *     DN_TRY(step(x, err));       st = call; on failure a trail line, then goto out
 *     if (bad)
 *         DN_FAIL(DN_EDATA, "%s:%ld: score '%s' is not a number", path, line, field);
 * out:
 *     release everything; return st;
 *
 * `err` may be NULL everywhere. The first failure wins: a filled dn_error is never overwritten.
 * Codes are those of sysexits.h, so the status of a command is the exit code of the program.
 */
#ifndef DN_BASE_ERROR_H
#define DN_BASE_ERROR_H

typedef enum dn_status {
    DN_OK = 0,
    DN_EUSAGE = 64,       /* the command line is wrong */
    DN_EDATA = 65,        /* the input is wrong */
    DN_ENOINPUT = 66,     /* the input cannot be opened */
    DN_EUNAVAILABLE = 69, /* a part of this build or of this system is missing */
    DN_ESOFTWARE = 70,    /* a fault of dragnet or of a library */
    DN_ENOMEM = 71,       /* the system refused memory */
    DN_ECANTCREAT = 73,   /* the output cannot be created, or something is in its way */
    DN_EIO = 74,          /* reading or writing failed half way */
    DN_ESAVED = 75,       /* saved, run me again */
    DN_ENOPERM = 77,      /* somebody else may, this user may not */
    DN_ECONFIG = 78       /* the way the program was started makes no sense */
} dn_status;

/* No pointers, no heap: survives out-of-memory, travels between ranks as bytes. */
typedef struct dn_error {
    dn_status code;
    int rank;          /* who failed first; -1 while it is not known */
    char text[400];    /* one line: what is wrong, with which datum */
    char trail[6][64]; /* "file:line", innermost first */
    int depth;
} dn_error;

#define DN_ERROR_INIT             \
    {                             \
        .code = DN_OK, .rank = -1 \
    }
#define DN_MUST_CHECK __attribute__((warn_unused_result))
#define DN_PRINTF(f, a) __attribute__((format(printf, f, a)))
/* Marks a prototype that every rank of the communicator must call. */
#define DN_COLLECTIVE

/* Fill *err (unless it holds an earlier failure) and return code. Local. */
dn_status dn_error_set(dn_error *err, dn_status code, const char *file, int line, const char *fmt, ...)
    DN_PRINTF(5, 6);

/* Add "file:line" to the trail and return st. Local. */
dn_status dn_error_trail(dn_error *err, dn_status st, const char *file, int line);

#define DN_FAIL(code_, ...)                                               \
    do {                                                                  \
        st = dn_error_set(err, (code_), __FILE__, __LINE__, __VA_ARGS__); \
        goto out;                                                         \
    } while (0)

#define DN_TRY(call_)                                    \
    do {                                                 \
        st = (call_);                                    \
        if (st != DN_OK) {                               \
            dn_error_trail(err, st, __FILE__, __LINE__); \
            goto out;                                    \
        }                                                \
    } while (0)

/* Local work in the body of a collective function: done only while nothing has failed; DN_AGREE follows. */
#define DN_PASS(call_)                                       \
    do {                                                     \
        if (st == DN_OK) {                                   \
            st = (call_);                                    \
            if (st != DN_OK)                                 \
                dn_error_trail(err, st, __FILE__, __LINE__); \
        }                                                    \
    } while (0)

#endif
