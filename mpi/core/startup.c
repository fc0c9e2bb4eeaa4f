/* startup.c - where a run finds itself when it starts; see startup.h */
#define _GNU_SOURCE /* sched_getaffinity() */
#include "mpi/core/startup.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "solvers/base/text.h"

/* ---- ranks, nodes, CPUs ---- */

/* What every rank tells the others, as bytes. */
typedef struct place {
    uint64_t node; /* hash of its name */
    int threads;
    int unknown; /* CPUs cannot be told */
    cpu_set_t cpus;
} place;

static void fill_place(place *p, int threads)
{
    const char *node = getenv("SLURMD_NODENAME");
    char name[256] = "";

    memset(p, 0, sizeof *p);
    if (node == NULL || node[0] == '\0') {
        gethostname(name, sizeof name - 1);
        node = name;
    }
    p->node = dn_hash(node, strlen(node));
    p->threads = threads;
    p->unknown = sched_getaffinity(0, sizeof p->cpus, &p->cpus) != 0;
}

/* Of the node of all[first], if no rank before stands on it. */
static void count_node(const place *all, int n, int first, dn_startup *out)
{
    int ranks = 0, demand = 0, cpus = 0;
    bool unknown = false;
    cpu_set_t together;

    for (int r = 0; r < first; r++)
        if (all[r].node == all[first].node)
            return;
    CPU_ZERO(&together);
    for (int r = first; r < n; r++)
        if (all[r].node == all[first].node) {
            ranks++;
            demand += all[r].threads;
            unknown = unknown || all[r].unknown;
            CPU_OR(&together, &together, &all[r].cpus);
        }
    out->nodes++;
    cpus = unknown ? 0 : CPU_COUNT(&together);
    /* demand / cpus is largest; an unknown number of CPUs is not compared */
    if (out->nodes == 1 ||
        (int64_t)demand * (out->cpus > 0 ? out->cpus : 1) > (int64_t)out->demand * (cpus > 0 ? cpus : 1)) {
        out->busiest = ranks;
        out->demand = demand;
        out->cpus = cpus;
    }
}

static void look_at_ranks(const dn_comm *comm, int threads, dn_startup *out)
{
    place mine, *all = dn_calloc((size_t)comm->size, sizeof *all);
    int lacking = all == NULL;

    fill_place(&mine, threads);
    MPI_Allreduce(MPI_IN_PLACE, &lacking, 1, MPI_INT, MPI_MAX, comm->mpi);
    out->ranks = comm->size;
    out->nodes = out->busiest = 0;
    if (!lacking) {
        MPI_Allgather(&mine, (int)sizeof mine, MPI_BYTE, all, (int)sizeof mine, MPI_BYTE, comm->mpi);
        for (int r = 0; r < comm->size; r++)
            count_node(all, comm->size, r, out);
    }
    dn_free(all);
}

static int number_of(const char *name)
{
    const char *text = getenv(name);
    int64_t v = 0;

    return text != NULL && dn_parse_int(text, strlen(text), &v) && v > 0 && v < 1 << 30 ? (int)v : 0;
}

/* ---- where outputs go ---- */

const char *dn_file_system_name(unsigned long magic, char *buf, size_t cap)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {
        {0xEF53, "ext4"},       {0x58465342, "xfs"},      {0x9123683E, "btrfs"},  {0x2FC12FC1, "zfs"},
        {0x01021994, "tmpfs"},  {0x794C7630, "overlay"},  {0x6969, "nfs"},        {0xFF534D42, "cifs"},
        {0xFE534D42, "smb2"},   {0x517B, "smb"},          {0x0BD00BD0, "lustre"}, {0x47504653, "gpfs"},
        {0x19830326, "beegfs"}, {0x20030528, "orangefs"}, {0x00C36400, "ceph"},   {0xAAD7AAEA, "panfs"},
        {0x65735546, "fuse"},   {0x73717368, "squashfs"}, {0x01021997, "9p"},     {0x6A656A63, "virtiofs"}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].magic == (magic & 0xFFFFFFFFUL)) {
            snprintf(buf, cap, "%s", known[i].name);
            return buf;
        }
    snprintf(buf, cap, "0x%lx", magic & 0xFFFFFFFFUL);
    return buf;
}

/* The nearest folder above `output` that is there, or `output` itself. */
static void find_where(const char *output, char *out, size_t cap)
{
    snprintf(out, cap, "%s", output);
    while (access(out, F_OK) != 0) {
        char *slash = strrchr(out, '/');

        if (slash == NULL || slash == out) {
            snprintf(out, cap, "%s", slash == NULL ? "." : "/");
            return;
        }
        *slash = '\0';
    }
}

static void look_at_disk(const char *output, dn_startup *out)
{
    struct statvfs space;
    struct statfs kind;

    find_where(output, out->where, sizeof out->where);
    if (statvfs(out->where, &space) == 0)
        out->free_bytes = (int64_t)space.f_bavail * (int64_t)space.f_frsize;
    if (statfs(out->where, &kind) == 0)
        dn_file_system_name((unsigned long)kind.f_type, out->file_system, sizeof out->file_system);
}

/* ROMIO gives hints whose names begin so; what else Open MPI has is OMPIO. Asked of a file that is surely
 * there. */
static void look_at_io(dn_startup *out)
{
    char library[64], key[MPI_MAX_INFO_KEY + 1];
    int n = 0;
    MPI_File f;
    MPI_Info hints;

    if (strncmp(dn_world_library(library, sizeof library), "Open MPI", 8) == 0)
        snprintf(out->io, sizeof out->io, "ompio");
    if (MPI_File_open(MPI_COMM_SELF, "/proc/self/exe", MPI_MODE_RDONLY, MPI_INFO_NULL, &f) != MPI_SUCCESS)
        return;
    if (MPI_File_get_info(f, &hints) == MPI_SUCCESS) {
        MPI_Info_get_nkeys(hints, &n);
        for (int i = 0; i < n; i++) {
            MPI_Info_get_nthkey(hints, i, key);
            if (strncmp(key, "romio_", 6) == 0)
                snprintf(out->io, sizeof out->io, "romio");
        }
        MPI_Info_free(&hints);
    }
    MPI_File_close(&f);
}

/* Tasks that Slurm allocated. Below a daemon of mpirun, which Slurm started as a step of its own,
 * SLURM_NTASKS counts daemons: then it is unknown. */
static int tasks_of(int ranks)
{
    int step = number_of("SLURM_STEP_NUM_TASKS");

    return step > 0 && step != ranks ? 0 : number_of("SLURM_NTASKS");
}

void dn_startup_look(const dn_comm *comm, const char *output, int threads, dn_startup *out)
{
    dn_startup s = {.file_system = "?", .free_bytes = -1, .io = "?"};

    look_at_ranks(comm, threads, &s);
    if (comm->rank == 0) {
        s.slurm = getenv("SLURM_JOB_ID") != NULL;
        s.tasks = tasks_of(comm->size);
        s.allocated = number_of("SLURM_JOB_NUM_NODES");
        if (output != NULL)
            look_at_disk(output, &s);
        look_at_io(&s);
    }
    MPI_Bcast(&s, (int)sizeof s, MPI_BYTE, 0, comm->mpi);
    *out = s;
}

/* ---- what is wrong ---- */

typedef struct lines {
    char (*line)[DN_STARTUP_TEXT];
    int n, most;
} lines;

/* Where the next line goes, or NULL. */
static char *next_line(lines *l)
{
    return l->n < l->most ? l->line[l->n++] : NULL;
}

static void judge_allocation(const dn_startup *s, lines *l)
{
    char *to;

    if (!s->slurm)
        return;
    if (s->tasks > 0 && s->ranks != s->tasks && (to = next_line(l)) != NULL)
        snprintf(to, DN_STARTUP_TEXT,
                 s->ranks < s->tasks ? "%d ranks run where Slurm allocated %d tasks: the others stand idle"
                                     : "%d ranks run where Slurm allocated %d tasks: they share its CPUs",
                 s->ranks, s->tasks);
    if (s->allocated > 0 && s->nodes > 0 && s->nodes < s->allocated && (to = next_line(l)) != NULL)
        snprintf(to, DN_STARTUP_TEXT,
                 "%d nodes are allocated, but all ranks stand on %d: the others are idle", s->allocated,
                 s->nodes);
}

static void judge_cpus(const dn_startup *s, lines *l)
{
    char *to;

    if (s->cpus == 0 || s->demand <= s->cpus || (!s->slurm && s->demand == s->busiest))
        return;
    if ((to = next_line(l)) != NULL)
        snprintf(to, DN_STARTUP_TEXT,
                 "%d ranks of a node have %d threads for %d CPUs: start fewer ranks, lower OMP_NUM_THREADS%s",
                 s->busiest, s->demand, s->cpus,
                 s->slurm ? ", or ask for more --cpus-per-task" : ", or do not bind ranks to one core each");
}

static void judge_disk(const dn_startup *s, lines *l)
{
    static const char *const shares[] = {"nfs", "cifs", "smb", "smb2"};
    char *to;

    if (s->needed_bytes > 0 && s->free_bytes >= 0 && s->free_bytes < s->needed_bytes &&
        (to = next_line(l)) != NULL)
        snprintf(to, DN_STARTUP_TEXT, "%s has %.1f MB free, but the outputs take about %.1f MB", s->where,
                 (double)s->free_bytes / 1e6, (double)s->needed_bytes / 1e6);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        if (s->ranks > 1 && strcmp(s->file_system, shares[i]) == 0 && (to = next_line(l)) != NULL)
            snprintf(
                to, DN_STARTUP_TEXT,
                "%s is on %s, where ranks that write one file may damage it unless it is mounted for that: "
                "write to a parallel file system (Lustre, GPFS, BeeGFS) or to a local disk",
                s->where, s->file_system);
}

int dn_startup_judge(const dn_startup *s, char (*line)[DN_STARTUP_TEXT], int most)
{
    lines l = {.line = line, .most = most};

    judge_allocation(s, &l);
    judge_cpus(s, &l);
    judge_disk(s, &l);
    return l.n;
}

const char *dn_startup_fields(const dn_startup *s, char *buf, size_t cap)
{
    int at = snprintf(buf, cap, "ranks=%d nodes=%d threads_of_a_node=%d cpus=%d", s->ranks, s->nodes,
                      s->demand, s->cpus);

    if (s->slurm && at > 0 && (size_t)at < cap)
        at += snprintf(buf + at, cap - (size_t)at, " slurm_tasks=%d slurm_nodes=%d", s->tasks, s->allocated);
    if (at > 0 && (size_t)at < cap)
        at += snprintf(buf + at, cap - (size_t)at, " output_on=%s", s->file_system);
    if (s->free_bytes >= 0 && at > 0 && (size_t)at < cap)
        at += snprintf(buf + at, cap - (size_t)at, " free_gb=%.1f", (double)s->free_bytes / 1e9);
    if (at > 0 && (size_t)at < cap)
        snprintf(buf + at, cap - (size_t)at, " mpi_io=%s", s->io);
    return buf;
}
