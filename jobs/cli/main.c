/* main.c - the program: one row per subcommand, one exit */
#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "jobs/cli/command.h"
#include "jobs/cli/logging.h"
#include "jobs/cli/run/requests.h"
#include "jobs/cli/run/run_control.h"
#include "jobs/cli/version.h"
#include "mpi/core/agree.h"
#include "solvers/base/alloc.h"
#include "solvers/base/clock.h"
#include "solvers/base/text.h"

static const dn_command *const commands[] = {
    &dn_cmd_import, &dn_cmd_synth,    &dn_cmd_split,   &dn_cmd_train, &dn_cmd_evaluate,
    &dn_cmd_screen, &dn_cmd_explain,  &dn_cmd_network, &dn_cmd_embed, &dn_cmd_estimate,
    &dn_cmd_submit, &dn_cmd_selftest, &dn_cmd_watch,   &dn_cmd_ctl,   &dn_cmd_key};
enum { COMMANDS = sizeof commands / sizeof commands[0], MAX_ROWS = 64 };

/* Every command takes these too. */
static const dn_opt common[] = {
    {"log-level", 0, DN_OPT_TEXT, "info", "debug|info|warn|error", "least severe event that is reported",
     "log"},
    {"log-format", 0, DN_OPT_TEXT, "text", "text|json", "form of a log line", "log"},
    {"quiet", 'q', DN_OPT_FLAG, NULL, NULL, "warnings and errors only", "log"},
    {"help", 'h', DN_OPT_FLAG, NULL, NULL, "this text", "log"},
    {0}};

static void print_help(FILE *to)
{
    fputs("dragnet - distributed learning and analysis of drug and gene networks\n\n"
          "usage: dragnet COMMAND [arguments]\n"
          "       mpirun -n RANKS dragnet COMMAND [arguments]\n"
          "       srun --mpi=pmix dragnet COMMAND [arguments]\n\ncommands:\n",
          to);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n'dragnet COMMAND --help' explains a command; 'dragnet --version' names the libraries in use.\n",
          to);
}

static void print_command_help(const dn_command *c, const dn_opt *table, FILE *to)
{
    fprintf(to, "dragnet %s - %s\n\nusage: dragnet %s ", c->name, c->summary, c->name);
    for (const char *at = c->usage; *at != '\0'; at++)
        if (*at == '\n')
            fprintf(to, "\n       dragnet %s ", c->name);
        else
            fputc(*at, to);
    fputc('\n', to);
    if (c->details != NULL)
        fprintf(to, "\n%s\n", c->details);
    dn_options_help(table, to);
}

static const dn_command *find_command(const char *name, dn_error *err)
{
    const char *names[COMMANDS], *near;

    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
        names[i] = commands[i]->name;
    }
    near = dn_nearest(name, names, COMMANDS);
    (void)dn_error_set(err, DN_EUSAGE, __FILE__, __LINE__, "unknown command '%s'%s%s%s", name,
                       near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                       near != NULL ? "'?" : "");
    return NULL;
}

/* Rows of a name that is there already are the same option. */
static int append_rows(const dn_opt *rows, dn_opt *out, int n)
{
    for (int i = 0; rows[i].name != NULL && n < MAX_ROWS; i++) {
        bool there = false;

        for (int k = 0; k < n; k++)
            there = there || strcmp(out[k].name, rows[i].name) == 0;
        if (!there)
            out[n++] = rows[i];
    }
    out[n] = (dn_opt){0};
    return n;
}

/* The command's own rows, those of the command that it is about, and the common ones, in out [MAX_ROWS + 1].
 */
static void join_tables(const dn_command *c, const dn_command *opt_inner, dn_opt *out)
{
    int n = append_rows(c->options, out, 0);

    if (opt_inner != NULL)
        n = append_rows(opt_inner->options, out, n);
    if (c->stoppable || (opt_inner != NULL && opt_inner->stoppable)) {
        n = append_rows(dn_requests_options, out, n);
        n = append_rows(dn_run_control_options, out, n);
    }
    (void)append_rows(common, out, n);
}

/* The words of a command line: own ones, and those of the command that it is about, its name first. */
typedef struct words {
    int own_n, inner_n;
    char **own, **inner;
} words;

static words part_words(const dn_command *c, int argc, char **argv)
{
    words w = {.own_n = argc - 2, .own = argv + 2};

    if (c->about == DN_MIXED && argc > 2 && argv[2][0] != '-') {
        w.inner = argv + 2;
        w.inner_n = argc - 2;
        w.own = argv + 3;
        w.own_n = argc - 3;
    }
    for (int i = 2; c->about == DN_BEHIND && i < argc && w.inner == NULL; i++)
        if (strcmp(argv[i], "--") == 0) {
            w.own_n = i - 2;
            w.inner = argv + i + 1;
            w.inner_n = argc - i - 1;
        }
    return w;
}

/* The command that another is about; NULL for one that stands alone, and while --help may still come. */
static dn_status find_inner(const words *w, const dn_command **out, dn_error *err)
{
    dn_status st = DN_OK;

    *out = NULL;
    if (w->inner_n < 1)
        goto out;
    *out = find_command(w->inner[0], err);
    if (*out == NULL)
        st = DN_EUSAGE;
    else if (!(*out)->estimated)
        DN_FAIL(DN_EUSAGE, "is for train, screen, embed and network, not for %s", (*out)->name);
out:
    return st;
}

/* The command line as typed, for dn_free(). */
static dn_status join_words(int argc, char **argv, char **out, dn_error *err)
{
    dn_status st = DN_OK;
    size_t room = sizeof "dragnet", at;

    for (int i = 1; i < argc; i++)
        room += strlen(argv[i]) + 1;
    DN_NEW(*out, room);
    at = (size_t)snprintf(*out, room, "dragnet");
    for (int i = 1; i < argc; i++)
        at += (size_t)snprintf(*out + at, room - at, " %s", argv[i]);
out:
    return st;
}

/* A command that is about another tries that one: what it says of itself is of interest when asked for only.
 */
static dn_log_level log_level(const dn_command *c, const dn_options *o)
{
    dn_log_level level = DN_ERROR;

    if (dn_options_flag(o, "quiet") || (c->about != DN_ALONE && !dn_options_given(o, "log-level")))
        return DN_WARN;
    (void)dn_log_level_of(dn_options_text(o, "log-level"), &level);
    return level;
}

static dn_status run_command(const dn_comm *comm, const dn_command *c, int argc, char **argv,
                             dn_requests *requests, dn_error *err)
{
    dn_status st = DN_OK;
    dn_opt table[MAX_ROWS + 1], inner_table[MAX_ROWS + 1];
    dn_options *options = NULL;
    char *line = NULL;
    dn_options *inner_options = NULL;
    dn_call call = {.comm = comm, .started = 1e-9 * (double)dn_clock_process_start()};
    words w = part_words(c, argc, argv);

    DN_PASS(find_inner(&w, &call.inner, err));
    DN_AGREE(comm);
    join_tables(c, c->about == DN_MIXED ? call.inner : NULL, table);
    DN_PASS(dn_options_parse(table, w.own_n, w.own, &options, err));
    DN_AGREE(comm);
    if (dn_options_flag(options, "help")) {
        if (comm->rank == 0)
            print_command_help(c, table, stdout);
        goto out;
    }
    dn_logging_open(comm->rank, strcmp(dn_options_text(options, "log-format"), "json") == 0,
                    log_level(c, options));
    if (c->about != DN_ALONE && call.inner == NULL)
        DN_FAIL(DN_EUSAGE, "which command? %s %s", c->name, c->usage);
    if (c->about == DN_BEHIND) {
        join_tables(call.inner, NULL, inner_table);
        DN_PASS(dn_options_parse(inner_table, w.inner_n - 1, w.inner + 1, &inner_options, err));
        DN_AGREE(comm);
        call.inner_words = w.inner;
        call.inner_n = w.inner_n;
    }
    DN_PASS(join_words(argc, argv, &line, err));
    DN_AGREE(comm);
    call.options = options;
    call.inner_options = inner_options != NULL ? inner_options : options;
    call.command_line = line;
    if (c->stoppable) {
        dn_requests_clocks(requests, options);
        call.requests = requests;
    }
    st = c->run(&call, err);
    DN_AGREE(comm);
out:
    dn_options_destroy(&options);
    dn_options_destroy(&inner_options);
    dn_free(line);
    return st;
}

static dn_status dispatch(const dn_comm *comm, int argc, char **argv, dn_requests *requests, dn_error *err)
{
    const char *word = argc > 1 ? argv[1] : "--help";
    const dn_command *c;

    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        if (comm->rank == 0)
            print_help(argc > 1 ? stdout : stderr);
        return argc > 1 ? DN_OK : DN_EUSAGE;
    }
    if (strcmp(word, "--version") == 0) {
        if (comm->rank == 0)
            dn_version_print(stdout);
        return DN_OK;
    }
    c = find_command(word, err);
    return c == NULL ? DN_EUSAGE : run_command(comm, c, argc, argv, requests, err);
}

/* Before MPI starts: a signal that comes with the start of a job must find us listening, or it ends a rank.
 */
static void listen_early(int argc, char **argv, dn_requests *requests)
{
    dn_error none = DN_ERROR_INIT;
    const dn_command *c = argc > 1 ? find_command(argv[1], &none) : NULL;

    if (c != NULL && c->stoppable)
        dn_requests_listen(requests);
    else
        signal(SIGUSR1,
               SIG_IGN); /* "the time limit is near": what cannot be stopped may still end before it */
}

/* How many of us a launcher has started; 1 where nobody tells. Slurm's own count stands also in the shell of
 * `srun --pty`, which is one process with a terminal. */
static int started_together(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *n = getenv(names[i]);

        if (n != NULL && (i < 2 || (getenv("SLURM_PROCID") != NULL && !isatty(STDIN_FILENO))))
            return atoi(n);
    }
    return 1;
}

/* A command that joins no world, in one process: several would get in each other's way. */
static dn_status run_without_mpi(int argc, char **argv, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_comm alone = dn_comm_alone();
    int ranks = started_together();

    if (ranks > 1)
        DN_FAIL(DN_ECONFIG, "is for one process, not for %d: leave mpirun or srun away", ranks);
    st = dispatch(&alone, argc, argv, NULL, err);
out:
    return st;
}

static void last_word(const dn_comm *comm, dn_status st, int argc, char **argv, const dn_error *err)
{
    const char *command = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    dn_error ignored = DN_ERROR_INIT;
    char rank[32] = "", text[sizeof err->text];

    if (comm->rank != 0 || err->text[0] == '\0')
        return;
    if (command != NULL && find_command(command, &ignored) == NULL)
        command = NULL;
    if (err->rank > 0)
        snprintf(rank, sizeof rank, " (rank %d)", err->rank);
    (void)dn_text_printable(err->text, text, sizeof text); /* names of files, and words of a job */
    fprintf(stderr, "dragnet: %s%s%s%s\n", command != NULL ? command : "", command != NULL ? ": " : "", text,
            rank);
    if (st == DN_EUSAGE)
        fprintf(stderr, "try 'dragnet %s%s--help'\n", command != NULL ? command : "",
                command != NULL ? " " : "");
    if (st == DN_ESOFTWARE)
        for (int i = 0; i < err->depth; i++)
            fprintf(stderr, "  at %s\n", err->trail[i]);
}

int main(int argc, char **argv)
{
    static dn_requests requests; /* signals come until the very end */
    dn_error err = DN_ERROR_INIT, ignored = DN_ERROR_INIT;
    dn_comm comm = {.rank = 0, .size = 1};
    const dn_command *command;
    dn_status st;

    if (getenv("OMP_NUM_THREADS") == NULL)
        omp_set_num_threads(1); /* one thread a rank unless told otherwise */
    signal(SIGXFSZ, SIG_IGN);   /* a file-size limit is an error of the write, with a message */
    listen_early(argc, argv, &requests);
    command = argc > 1 ? find_command(argv[1], &ignored) : NULL;
    if (command != NULL && command->without_mpi) {
        st = run_without_mpi(argc, argv, &err);
        last_word(&comm, st, argc, argv, &err);
        fflush(stdout);
        return (int)st;
    }
    st = dn_world_open(&argc, &argv, &comm, &err);
    if (st != DN_OK) {
        fprintf(stderr, "dragnet: %s\n", err.text);
        return (int)st;
    }
    dn_request_start(&requests);
    st = dispatch(&comm, argc, argv, &requests, &err);
    last_word(&comm, st, argc, argv, &err);
    fflush(stdout);
    dn_world_close(&comm);
    return (int)st;
}
