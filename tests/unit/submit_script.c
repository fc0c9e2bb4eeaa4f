/* submit_script.c - tests of jobs/cli/job/submit_script.h: what the shell makes of the words, which lines are
 * replaced */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include "jobs/cli/job/submit_script.h"
#include "solvers/base/alloc.h"

static char *words[] = {"train", "gener", "my data.h5", "--split", "it's", "-o", "$HOME/`x`\"\\*?"};

static dn_submit_fill fill(void)
{
    return (dn_submit_fill){.ask = {.nodes = 2, .ranks = 8, .ranks_of_node = 4, .threads = 3, .node_mb = 640},
                            .time = "00:12:00",
                            .n = 7,
                            .word = words};
}

/* The shell reads a quoted word back byte for byte. */
static void quoting(void)
{
    static const char *const odd[] = {
        "",  " ", "a b", "it's", "''",    "'",  "$(exit 3)", "`id`",     "a\nb", "\t",      "\\",    "\"$@\"",
        "*", "~", "#x",  "a;b",  "a&b|c", "!x", "\xc3\xa4",  "\xff\x01", "-",    "--x=1 2", "{a,b}", "a=b"};

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        char *quoted = NULL, command[256], back[256] = "";
        FILE *shell;
        size_t n;

        CU_ASSERT_EQUAL(dn_shell_quote(odd[i], &quoted, NULL), DN_OK);
        snprintf(command, sizeof command, "set -- %s; [ $# = 1 ] && printf '%%s.' \"$1\"", quoted);
        shell = popen(command, "r");
        n = fread(back, 1, sizeof back - 1, shell);
        CU_ASSERT_EQUAL(pclose(shell), 0);
        CU_ASSERT(n == strlen(odd[i]) + 1 && memcmp(back, odd[i], n - 1) == 0 && back[n - 1] == '.');
        dn_free(quoted);
    }
    for (int k = 0; k < 20; k++) { /* short of memory: an error, and nothing left */
        char *quoted = NULL;

        dn_alloc_fail_after(k);
        if (dn_shell_quote("it's", &quoted, NULL) == DN_OK)
            k = 20;
        dn_alloc_fail_after(-1);
        dn_free(quoted);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static char *script_of(const char *template)
{
    dn_submit_fill f = fill();
    char *out = NULL;

    CU_ASSERT_EQUAL(dn_submit_script("t", template, strlen(template), &f, &out, NULL), DN_OK);
    return out;
}

static void figures_replace_lines(void)
{
    char *s = script_of("#!/bin/bash\n"
                        "# --time=1 in a comment stays\n"
                        "#SBATCH --ntasks=99\n"
                        "#SBATCH -n 98\n"
                        "#SBATCH --mem-per-cpu=2G\n"
                        "#SBATCH  --time 04:00:00\n"
                        "#SBATCH -t5\n"
                        "#SBATCH --ntasks-per-core=1\n"
                        "#SBATCH --nodelist=a\n"
                        "#SBATCH --requeue\n"
                        "\n"
                        "echo before\n"
                        "#SBATCH --ntasks=97\n"
                        "dragnet_job \"$@\"\n");

    CU_ASSERT_STRING_EQUAL(
        s, "#!/bin/bash\n"
           "#SBATCH --nodes=2\n#SBATCH --ntasks-per-node=4\n"
           "#SBATCH --ntasks=8\n#SBATCH --cpus-per-task=3\n#SBATCH --mem=640M\n#SBATCH --time=00:12:00\n"
           "# --time=1 in a comment stays\n"
           "#SBATCH --ntasks-per-core=1\n"
           "#SBATCH --nodelist=a\n"
           "#SBATCH --requeue\n"
           "\n"
           "# by dragnet submit\n"
           "set -- train gener 'my data.h5' --split 'it'\\''s' -o '$HOME/`x`\"\\*?'\n"
           "echo before\n"
           "#SBATCH --ntasks=97\n" /* behind a command sbatch does not look at it */
           "dragnet_job \"$@\"\n");
    dn_free(s);
}

/* Several options in a line: each for itself. */
static void options_share_a_line(void)
{
    char *s = script_of("#!/bin/bash\n"
                        "#SBATCH --partition=long --time=04:00:00 -A me\n"
                        "#SBATCH -n 8 -c 2\n"
                        "#SBATCH -N 2 --exclusive --tasks-per-node 4\t--mem 3G --comment=\"a -t 5 b\" -t5\n"
                        "#SBATCH -t 5 -J x\n"
                        "dragnet_job \"$@\"\n");

    CU_ASSERT_PTR_NOT_NULL(strstr(s, "--time=00:12:00\n"
                                     "#SBATCH --partition=long -A me\n"
                                     "#SBATCH --exclusive --comment=\"a -t 5 b\"\n"
                                     "#SBATCH -J x\n"
                                     "# by dragnet submit\n"));
    dn_free(s);
}

static void command_of_the_template(void)
{
    char *s = script_of("#!/bin/sh\ndragnet_job train \"$@\"");

    CU_ASSERT_PTR_NOT_NULL(strstr(s, "\nset -- gener 'my data.h5'")); /* the template says train by itself */
    dn_free(s);
    s = script_of("#!/bin/sh\n# for screen \"$@\"\nX=1 run_on 3 train    \"$@\" -o x\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(s, "\nset -- gener 'my data.h5'"));
    dn_free(s);
    s = script_of("#!/bin/sh\ndragnet_job \"${@//@/$name}\"\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(s, "\nset -- train gener 'my data.h5'"));
    dn_free(s);
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

static void paths(void)
{
    dn_submit_fill f = fill();
    char *s = NULL;
    static const char template[] = "#!/bin/sh\ndragnet_job \"$@\"\n";

    f.folder = "/a b/slurm";
    f.program = "/usr/bin/dragnet";
    f.ask.nodes = 0;
    CU_ASSERT_EQUAL(dn_submit_script("t", template, sizeof template - 1, &f, &s, NULL), DN_OK);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(s, "\nexport DRAGNET_SLURM='/a b/slurm'\nexport DRAGNET=/usr/bin/dragnet\nset -- "));
    CU_ASSERT_PTR_NULL(strstr(s, "--nodes"));
    dn_free(s);
}

static void refused(void)
{
    static const struct {
        const char *template, *why;
    } bad[] = {{"", "is no script"},
               {"#SBATCH --ntasks=1\ndragnet \"$@\"\n", "is no script"},
               {"#!/bin/sh\ndragnet train\n# \"$@\"\n", "has no \"$@\""},
               {"#!/bin/sh\ndragnet_job screen \"$@\"\n", "t: is for screen, not for train"}};
    dn_submit_fill f = fill();

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        dn_error err = DN_ERROR_INIT;
        char *s = NULL;

        CU_ASSERT_EQUAL(dn_submit_script("t", bad[i].template, strlen(bad[i].template), &f, &s, &err),
                        DN_EDATA);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, bad[i].why));
        CU_ASSERT_PTR_NULL(s);
    }
    CU_ASSERT_EQUAL(dn_alloc_live(), 0);
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"the shell reads words back", quoting},
                                    {"figures replace lines", figures_replace_lines},
                                    {"options share a line", options_share_a_line},
                                    {"the command of a template", command_of_the_template},
                                    {"paths", paths},
                                    {"what is refused", refused},
                                    {NULL, NULL}};

    return test_main(argc, argv, "submit_script", tests);
}
