/* control_command.c - libFuzzer target: any bytes are a command that may be carried out, or are refused with
 * one printable line; what goes into the log is safe there */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "jobs/control/command_frame.h"
#include "solvers/base/alloc.h"
#include "tests/fuzz/seeds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

static const char *const seeds[] = {
    "{\"protocol\":1,\"id\":\"ctl-1\",\"command\":\"status\"}",
    "{\"protocol\":1,\"id\":\"a:b.c_d\",\"command\":\"checkpoint\"}",
    "{\"protocol\":1,\"id\":\"x\",\"command\":\"stop\",\"at\":\"epoch\"}",
    "{\"protocol\":1,\"id\":\"x\",\"command\":\"set\",\"key\":\"checkpoint-every\",\"value\":\"1h30m\"}",
    "{\"protocol\":1,\"id\":\"x\",\"command\":\"set\",\"key\":\"log-level\",\"value\":\"debug\"}",
    "{\"protocol\":9,\"id\":\"x\",\"command\":\"stop\"}"};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    return fuzz_mutate(seeds, sizeof seeds / sizeof *seeds, data, size, most, seed);
}

static void check_text(const char *text, size_t cap, const char *not_in)
{
    size_t n = strnlen(text, cap);

    if (n == cap)
        abort();
    for (size_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~' || strchr(not_in, text[i]) != NULL)
            abort();
}

static void check_sound(const dn_command *c)
{
    if (c->error[0] != '\0' || c->id[0] == '\0' || c->name[0] == '\0' || c->kind > DN_COMMAND_LEVEL)
        abort();
    if (strcmp(c->name, c->kind == DN_COMMAND_STATUS       ? "status"
                        : c->kind == DN_COMMAND_CHECKPOINT ? "checkpoint"
                        : c->kind == DN_COMMAND_STOP       ? "stop"
                                                           : "set") != 0)
        abort();
    if (!(c->seconds >= 0) || isinf(c->seconds) || c->level > DN_ERROR)
        abort();
    if (c->at_epoch && c->kind != DN_COMMAND_STOP)
        abort();
}

/* Blanks behind a command change nothing, until there is one too many: inputs themselves are never so long.
 */
static void check_length(const uint8_t *data, size_t size, dn_command_fault fault, const dn_command *want)
{
    char *padded = malloc(DN_COMMAND_BYTES + 1);
    dn_command c;

    if (padded == NULL || size > DN_COMMAND_BYTES)
        abort();
    memset(padded, ' ', DN_COMMAND_BYTES + 1);
    memcpy(padded, data, size);
    if (dn_command_read(padded, DN_COMMAND_BYTES, &c) != fault || strcmp(c.id, want->id) != 0 ||
        strcmp(c.name, want->name) != 0 || strcmp(c.error, want->error) != 0)
        abort();
    if (dn_command_read(padded, DN_COMMAND_BYTES + 1, &c) != DN_COMMAND_OVERSIZED || c.error[0] == '\0')
        abort();
    free(padded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dn_command c;
    dn_command_fault fault;
    char *exact; /* a byte beyond is a fault of the reader; dn_calloc() gives whole lines of the cache */

    if (size > DN_COMMAND_BYTES)
        return 0;
    exact = malloc(size + (size == 0));
    if (exact == NULL)
        abort();
    memcpy(exact, data, size);
    fault = dn_command_read(exact, size, &c);
    check_text(c.id, sizeof c.id, " \"'\\=");
    check_text(c.name, sizeof c.name, "");
    check_text(c.value, sizeof c.value, "");
    check_text(c.error, sizeof c.error, "");
    if (fault == DN_COMMAND_SOUND)
        check_sound(&c);
    else if (c.error[0] == '\0')
        abort();
    if (fault == DN_COMMAND_OVERSIZED)
        abort();
    check_length(data, size, fault, &c);
    free(exact);
    if (dn_alloc_live() != 0)
        abort();
    return 0;
}
