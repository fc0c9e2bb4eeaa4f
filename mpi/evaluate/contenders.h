/* contenders.h - scores of drug-target pairs that somebody else's model made, to stand beside the baselines
 *
 * A contender is a name and one or more files, TSV or CSV with a header. Columns, found by name in any order,
 * others are ignored:
 *
 *     drug, target   ids as the dataset has them (evaluate --export-rows writes them)
 *     score          a finite number, larger means label 1 is more likely
 *     split, fold    of which split and fold the line speaks; without the column of every one. The fold of a
 *                    split without folds is 0 or empty. A file that is read for several folds must have
 *                    `fold`, for several splits `split`
 *
 * Every evaluated row must have a score. Validation rows have all a score or none: without, the contender has
 * no threshold, no calibration and cannot be the best baseline on validation. Lines of other pairs, folds and
 * splits are passed over. A pair that stands twice among the rows, as one of validation and one of another
 * set that is evaluated, has one score.
 */
#ifndef DN_EVALUATE_CONTENDERS_H
#define DN_EVALUATE_CONTENDERS_H

#include "mpi/io/drug_target.h"
#include "mpi/evaluate/evaluate_view.h"

enum { DN_CONTENDERS_MAX = 4, DN_CONTENDER_FILES_MAX = 64, DN_CONTENDER_NAME_CAP = 32 };

/* Not to be copied: kind points into it. */
typedef struct dn_contenders {
    dn_eval_kind kind; /* the one that was given, with the names behind its scorers */
    int n, files;
    char name[DN_CONTENDERS_MAX][DN_CONTENDER_NAME_CAP];
    struct {
        int of;           /* name[of] */
        const char *path; /* borrowed */
    } file[DN_CONTENDER_FILES_MAX];
} dn_contenders;

/*   spec [n]  "NAME=FILE"; a name that comes again adds a file. Names: letters, digits, _ - + .
 * Local. Fails: DN_EUSAGE no NAME=FILE, too many, a name that a scorer has already */
DN_MUST_CHECK dn_status dn_contenders_parse(const dn_eval_kind *kind, const char *const *spec, int n,
                                            dn_contenders *out, dn_error *err);

/* Which pairs are asked for. */
typedef struct dn_contender_rows {
    const dn_drugs *drugs;
    const dn_targets *targets;
    const dn_interactions *pairs;
    const char *split;
    int64_t fold;                       /* -1: the split has none */
    bool several_folds, several_splits; /* of which this is one */
} dn_contender_rows;

/* Scores of contender number c, 0 <= c < n, into out [pairs->n]; NaN where its files have none. Rank 0 reads.
 * Collective on comm. Fails: DN_EDATA a column is missing, a score is not a finite number, a pair has two
 * scores (name file and line); DN_ENOINPUT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_contenders_score(const dn_comm *comm, const dn_contenders *k, int c,
                                                          const dn_contender_rows *rows, double *out,
                                                          dn_error *err);

#endif
