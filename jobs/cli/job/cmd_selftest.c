/* cmd_selftest.c - dragnet selftest: do these nodes do what dragnet needs of them */
#include <stdio.h>
#include "jobs/cli/command.h"
#include "jobs/control/zeromq_check.h"
#include "mpi/check/selftest.h"
#include "mpi/core/agree.h"

static const dn_opt options[] = {{"output", 'o', DN_OPT_TEXT, "selftest.h5", "FILE",
                                  "a file to write, read and remove; on the file system that runs will use",
                                  "files"},
                                 {0}};

enum { CHECKS = DN_SELFTEST_CHECKS + 1 };

/* On every rank by itself, as it would serve. */
static void check_zeromq(const dn_comm *comm, dn_check *out)
{
    dn_error why = DN_ERROR_INIT;
    double us = 0;

    out->name = "zeromq";
    out->passed = dn_agree(comm, dn_zeromq_check(&us, &why), &why) == DN_OK;
    if (out->passed)
        snprintf(out->text, sizeof out->text, "question and answer over CURVE on 127.0.0.1: %.0f us", us);
    else
        snprintf(out->text, sizeof out->text, "%s (rank %d)", why.text, why.rank);
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    dn_check check[CHECKS];
    int failed = 0;
    const char *first = "";

    dn_selftest(call->comm, DN_SELFTEST_ALL, dn_options_text(call->options, "output"), check);
    check_zeromq(call->comm, &check[DN_SELFTEST_CHECKS]);
    for (int i = CHECKS; i-- > 0;)
        if (!check[i].passed) {
            failed++;
            first = check[i].name;
        }
    if (call->comm->rank == 0) {
        printf("check\tverdict\twhat\n");
        for (int i = 0; i < CHECKS; i++)
            printf("%s\t%s\t%s\n", check[i].name, check[i].passed ? "PASS" : "FAIL", check[i].text);
    }
    if (failed > 0)
        DN_FAIL(DN_ECONFIG, "%d of %d checks failed, the first is '%s'", failed, (int)CHECKS, first);
out:
    return st;
}

const dn_command dn_cmd_selftest = {
    .name = "selftest",
    .summary = "do these nodes do what dragnet needs: MPI, shared memory, parallel HDF5, PETSc, ZeroMQ",
    .usage = "[-o FILE]",
    .details = "One line a check: PASS or FAIL, and what was measured: latency and bandwidth of allreduce, "
               "MB/s of a\n"
               "file that all ranks write and read. Times do not decide. Exit code 78 if a check fails.\n"
               "jobs/slurm/selftest.sbatch runs it on a site's nodes, and stops and resumes a tiny training.",
    .options = options,
    .run = run};
