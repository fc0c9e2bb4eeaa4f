/* startup.c - tests of mpi/core/startup.h: what is complained of, and what is not */
#include "tests/support/test.h"

#include <string.h>
#include "mpi/core/startup.h"

/* Two nodes of 8 CPUs with 8 ranks each, as Slurm allocated them. */
static dn_startup healthy(void)
{
    return (dn_startup){.ranks = 16,
                        .nodes = 2,
                        .busiest = 8,
                        .demand = 8,
                        .cpus = 8,
                        .slurm = true,
                        .tasks = 16,
                        .allocated = 2,
                        .where = "/scratch",
                        .file_system = "lustre",
                        .free_bytes = 1000000,
                        .io = "ompio"};
}

static char line[DN_STARTUP_LINES][DN_STARTUP_TEXT];

/* Exactly one complaint, with these words. */
static void complains(const dn_startup *s, const char *words)
{
    CU_ASSERT_EQUAL(dn_startup_judge(s, line, DN_STARTUP_LINES), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(line[0], words));
}

static void silent(const dn_startup *s)
{
    CU_ASSERT_EQUAL(dn_startup_judge(s, line, DN_STARTUP_LINES), 0);
}

static void ranks_and_allocation(void)
{
    dn_startup s = healthy();

    silent(&s);
    s.tasks = 17;
    complains(&s, "16 ranks run where Slurm allocated 17 tasks: the others stand idle");
    s.tasks = 8;
    complains(&s, "16 ranks run where Slurm allocated 8 tasks: they share its CPUs");
    s.tasks = 0; /* not told */
    silent(&s);
    s.allocated = 3;
    complains(&s, "3 nodes are allocated, but all ranks stand on 2");
    s.slurm = false;
    silent(&s);
}

static void threads_and_cpus(void)
{
    dn_startup s = healthy();

    s.demand = 9;
    complains(&s, "8 ranks of a node have 9 threads for 8 CPUs");
    s.cpus = 0; /* unknown */
    silent(&s);
    /* a laptop where somebody said --oversubscribe, and one where OMP_NUM_THREADS is too large */
    s = (dn_startup){.ranks = 4, .nodes = 1, .busiest = 4, .demand = 4, .cpus = 2, .free_bytes = -1};
    silent(&s);
    s.demand = 16;
    complains(&s, "4 ranks of a node have 16 threads for 2 CPUs");
}

static void disks(void)
{
    dn_startup s = healthy();

    s.needed_bytes = 1000000;
    silent(&s);
    s.needed_bytes++;
    complains(&s, "/scratch has 1.0 MB free");
    s.free_bytes = -1; /* unknown */
    silent(&s);
    strcpy(s.file_system, "nfs");
    complains(&s, "/scratch is on nfs");
    s.ranks = s.busiest = s.demand = s.tasks = 1; /* alone it cannot clash */
    s.nodes = s.allocated = 1;
    silent(&s);
}

static void several_at_once(void)
{
    dn_startup s = healthy();

    s.tasks = 8;
    s.allocated = 4;
    s.demand = 64;
    s.needed_bytes = 2000000;
    strcpy(s.file_system, "nfs");
    CU_ASSERT_EQUAL(dn_startup_judge(&s, line, DN_STARTUP_LINES), 5);
    CU_ASSERT_EQUAL(dn_startup_judge(&s, line, 2), 2);
}

static void words(void)
{
    char buf[DN_STARTUP_TEXT], small[20];
    dn_startup s = healthy();

    CU_ASSERT_STRING_EQUAL(dn_file_system_name(0x6969, buf, sizeof buf), "nfs");
    CU_ASSERT_STRING_EQUAL(dn_file_system_name(0x0BD00BD0, buf, sizeof buf), "lustre");
    /* statfs() may give the sign along with a number of 32 bits */
    CU_ASSERT_STRING_EQUAL(dn_file_system_name((unsigned long)(int)0xFF534D42, buf, sizeof buf), "cifs");
    CU_ASSERT_STRING_EQUAL(dn_file_system_name(0x1234, buf, sizeof buf), "0x1234");
    CU_ASSERT_STRING_EQUAL(dn_startup_fields(&s, buf, sizeof buf),
                           "ranks=16 nodes=2 threads_of_a_node=8 cpus=8 slurm_tasks=16 slurm_nodes=2 "
                           "output_on=lustre free_gb=0.0 mpi_io=ompio");
    CU_ASSERT_EQUAL(strlen(dn_startup_fields(&s, small, sizeof small)),
                    sizeof small - 1); /* cut, not overrun */
}

int main(int argc, char **argv)
{
    static const dn_test tests[] = {{"ranks against the allocation", ranks_and_allocation},
                                    {"threads against CPUs", threads_and_cpus},
                                    {"disk space and file systems", disks},
                                    {"several at once", several_at_once},
                                    {"words", words},
                                    {NULL, NULL}};

    return test_main(argc, argv, "startup", tests);
}
