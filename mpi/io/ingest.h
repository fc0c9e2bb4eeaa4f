/* ingest.h - tables of the world into one dataset file
 *
 * Plain files are split by bytes over the ranks, a gzip file is inflated as a stream by rank 0. Genes are
 * divided over the ranks by dn_block(); the file that comes out is the same on any number of ranks.
 */
#ifndef DN_IO_INGEST_H
#define DN_IO_INGEST_H

#include <stdbool.h>
#include <stdint.h>
#include "mpi/core/world.h"
#include "solvers/formats/evidence.h"

/* ---- networks ----
 *
 * A layer is an edge list of a kind that solvers/formats/edge_layout.h knows, or GraphML, stored as
 * /edges/NAME. A node is a side and an id: the same word as drug and as gene is two nodes. Node numbers are
 * those of first mention: layers in the order of the command line, lines in the order of the file, source
 * before target; a Matrix Market or GraphML file declares its nodes first.
 *
 * Sides. Columns of a drug and a gene, and a matrix that is not square, go from side "drug" to side "gene";
 * everything else stays within "gene"; LAYER:SOURCE-TARGET says otherwise. The source side of every layer
 * comes before its target side in the numbering of sides, and the sides of a dataset keep their order; a
 * layer that contradicts that is refused.
 *
 * Rules. rows = edges + self_loops + repeats + unnamed.
 *   - A row that does not have the fields of the others is an error, also at the end of a file that was cut
 *     off. So are fewer rows than a comment announces ("# Nodes: 4 Edges: 5"), and a last line without a line
 *     end in a plain file of 16 MiB or more. drop_cut_line takes what is there, without a last line that has
 * no line end.
 *   - A self loop is left out; its node stays.
 *   - Rows of the same two nodes, in either order within a side, are one edge: the largest weight; the sign
 *     that those agree on which have one; a contradiction gives sign 0 and is counted.
 *   - A weight that is not a finite number is an error; weights below and of 0 are kept and counted.
 *   - Edges with a direction are read as undirected, and the report says so.
 *   - An empty id is an error; only in tables with the claim columns of DGIdb, where many claims were matched
 *     to no drug or gene, such rows are left out and counted (unnamed), and an empty score is weight 0.
 *
 * Id map. A table whose columns are namings of the same thing: names in one row mean one node, on every side
 * but "drug". The first row that mentions a name decides; a name that stands with another node later is
 * counted as ambiguous. A node shows the id under which it was first seen in the layers. Nodes that stand in
 * a dataset already are never joined to each other, only counted (apart); new layers find the first of them.
 *
 * A layer that is added leaves the nodes and layers that are there as they are. One that is replaced (force)
 * leaves its nodes behind: their numbers are those of the other layers.
 */
typedef struct dn_layer_option {
    const char *name; /* as that of a pair set */
    const char *file;
    const char *source_side, *target_side; /* NULL: as the file's columns suggest */
} dn_layer_option;

/* ---- drugs and targets ----
 *
 * A set of interactions is a table with a header; interaction_table.h says how its columns are found. Labels
 * are 0, 1 or types that interaction.h knows; any other is an error, or with skip_other_labels set aside.
 *
 * Identity. A drug is a molecule: SMILES of the same canonical key are one drug, whatever their ids. A target
 * is a sequence, small letters made capital. An id that stands with several molecules or sequences means
 * several drugs or targets. The id of a drug or target is that of the first row that mentions it; where a
 * table has no ids they are drug1, drug2, ... and target1, target2, ...
 *
 * Cleaning, in this order; rows = rejected + repeats + distinct + other_label, kept = distinct -
 * contradictory:
 *   - rows whose molecule or sequence is not there or cannot be read, with an empty id, or of a type that
 * says both activation and inhibition, are set aside: OUTPUT.rejected.tsv has set, row, ids and reason
 *   - exact repeats (drug, target and label stood there before) are dropped
 *   - contradictory pairs (both labels) are dropped; their rows (two of each, without repeats) stand in
 *     OUTPUT.rejected.tsv, too
 * The row that is named counts from 1 below the header; empty lines do not count.
 *
 * molecules and sequences are files of texts by id (id_file.h), for tables that have no such column or whose
 * field is empty. Every rank holds them, and the distinct texts of the tables.
 *
 * Drugs and targets of a dataset that is extended keep their numbers.
 */
/* ---- pair sets of genes ----
 *
 * A file is of a kind that solvers/formats/pair_layout.h knows, which is recognised or said by pairs_format.
 *
 * Undirected: npy, table, biogrid, mitab. A pair is the same in either order; the rows of BioGRID and
 * PSI-MITAB are interactions (label 1), but for negative interactions of PSI-MITAB (label 0). Of the namings
 * that they have the one counts that finds most interactors among the genes, ties going to the first; the
 * synonyms of BioGRID only where no other naming finds any gene. A value of several (synonyms, aliases) finds
 * a gene when those that are genes are the same gene; aliases that are called synonyms only where the others
 * find none. Rows that the filter leaves out are counted by the first reason: organism, type, system, score.
 *
 * Directed: dream5, yeastract, matrix. Classes of a pair (a, b): 0 none, 1 connection, 2 a regulates b, 3 b
 * regulates a. Which of the two genes stands first is decided by a hash of their two ids, so about half of
 * the regulations are of class 2, and the order says nothing of the class; classes 0 and 1 are stored in the
 * same way.
 *   - Genes of which each regulates the other are left out (mutual, both rows).
 *   - A 0 (dream5) is class 0 where the pair is no regulation in the other direction; else it is a repeat.
 *   - A pair with 0 and 1 in the same direction is left out (two_labels).
 *   - connections names an undirected set of this import or of the dataset: its pairs follow those of the
 *     file, in their order, label 1 as class 1, label 0 as class 0; those that the file has as regulations
 *     are left out (regulated). Where the file says 0 of such a pair, the connection counts. A set
 *     that gave another one its connections is replaced (add, force) only together with that one.
 *   - With undirected set, they are pairs with label 1 (a 0: label 0) in the order of the file, and mutual
 *     regulations are one pair.
 * Factors of yeastract that are no gene as they stand are looked up in capital letters, then without the 'p'
 * at the end.
 */

/* ---- expression ----
 *
 * The samples of several files stand side by side, in the order of the files; genes are joined on their ids.
 * Genes are those of the id table, without one those of the first file. /expression/sample_file says which
 * file a sample is of, /expression/file what the files are. A name that samples of two files have becomes
 * FILE|NAME in all of them (FILE: without folder, from the first '.' on cut); what is still the same is an
 * error. Within one file names are as they stand.
 *
 * Repeated genes. Rows of one file (or columns, where genes stand in columns) whose ids mean the same gene
 * become one profile by a rule:
 *     mean          of the values that are there, sample by sample (sum in double, in the order of the file)
 *     first         the first row; the others are left out
 *     max-variance  the row with the largest variance over the values that are there, the first of those; a
 *                   row without values only when all are
 *     refuse        is an error
 * Over files nothing repeats: each brings its own samples.
 *
 * Memory. Files are read twice, first for the names. A rank holds the profiles of its genes (4 bytes a value,
 * once; those of repeated genes of a file twice), blocks of about 4 MB, and all ids and names.
 */
typedef enum dn_repeated {
    DN_REPEATED_MEAN,
    DN_REPEATED_FIRST,
    DN_REPEATED_MAX_VARIANCE,
    DN_REPEATED_REFUSE
} dn_repeated;

/* "mean", ... as above. */
const char *dn_repeated_name(dn_repeated rule);

typedef enum dn_axis { DN_AXIS_AUTO, DN_AXIS_ROWS, DN_AXIS_COLUMNS } dn_axis;

typedef struct dn_import_options {
    const char *output;
    int n_expression;
    const char *const *expression; /* [n_expression]  their samples stand side by side in this order */
    dn_axis genes_in;              /* where genes stand in an expression table; AUTO: where the ids match */
    dn_repeated repeated;          /* genes that a file has several times */
    const char *gene_ids; /* gene id table, or NULL: the ids of the first expression file are the genes */
    int n_pairs;
    const char *const *pair_name; /* [n_pairs]  letters, digits, '_', '-' and '.' */
    const char *const *pair_file; /* [n_pairs] */
    int n_pair_formats;
    const char *const *pair_format; /* [n_pair_formats]  "FORMAT" of all sets, or "NAME=FORMAT" of one */
    dn_evidence_filter filter;      /* of the rows of BioGRID and PSI-MITAB */
    const char *connections;        /* pair set that directed sets are joined with, or NULL */
    bool undirected;                /* regulations without their direction */
    int n_drop;
    const char *const *drop; /* [n_drop]  fnmatch patterns on any naming: these genes are left out */
    int n_decoys;
    const char *const *decoys; /* [n_decoys]  these genes are marked */
    double min_match;          /* least share of the ids of an expression file that must be known, 0..1 */
    int n_layers;
    const dn_layer_option *layer; /* [n_layers] */
    const char *columns;          /* "SOURCE,TARGET[,WEIGHT]" of tables, or NULL */
    const char *id_map;           /* file, or NULL */
    const char *id_columns;       /* "A,B,..." of the id map; NULL: those that are known namings, else all */
    bool drop_cut_line;           /* take a table of edges that was cut off, as said above */
    int n_interactions;
    const char *const *interactions_name; /* [n_interactions]  as that of a pair set */
    const char *const *interactions_file; /* [n_interactions] */
    const char *interaction_columns;      /* "drug=NAME,smiles=NAME,...", or NULL */
    const char *molecules;                /* SMILES by drug id, or NULL */
    const char *sequences;                /* FASTA by target id, or NULL */
    bool skip_other_labels;               /* set rows aside whose label is neither 0, 1 nor such a type */
    bool add; /* add pair sets, layers and interactions to a dataset that exists */
    bool force;
} dn_import_options;

enum { DN_EXAMPLES = 3 };

/* The first few names of something that was counted. */
typedef struct dn_examples {
    char text[DN_EXAMPLES][48];
    int n;
} dn_examples;

typedef struct dn_expression_report {
    bool genes_in_columns;
    int64_t ids;      /* gene ids in the file */
    int64_t used;     /* distinct genes that got a profile from it */
    int64_t unknown;  /* ids that no naming knows, or that mean two genes */
    int64_t dropped;  /* ids of dropped genes */
    int64_t repeats;  /* ids of a gene that stood there before */
    int64_t repeated; /* genes that stand there several times */
    int64_t samples;
    int64_t renamed; /* samples whose name another file has, too */
    dn_examples unknown_ids, repeated_ids;
} dn_expression_report;

/* rows + joined = kept + unknown + self_pairs + dropped + repeats + two_labels + mutual + regulated, and the
 * rows that were not wanted: other_organism + other_type + other_system + no_score + low_score */
typedef struct dn_pairs_report {
    char format[12]; /* dn_pair_format_name() */
    char naming[24]; /* of BioGRID and PSI-MITAB, else "" */
    bool directed;   /* four classes */
    int64_t rows;
    int64_t kept, positive; /* positive: not of class 0 */
    int64_t unknown;        /* a gene that no naming knows, or whose name means two genes */
    int64_t self_pairs;
    int64_t dropped;    /* a gene that was dropped */
    int64_t repeats;    /* the pair stood there before, in either order */
    int64_t two_labels; /* distinct pairs that stood there with both labels; left out */
    int64_t other_organism, other_type, other_system, no_score, low_score;
    int64_t found;       /* interactors that the naming finds */
    int64_t zeros;       /* of a matrix; they are no rows */
    int64_t joined;      /* pairs of the connections */
    int64_t regulated;   /* of those, regulations of the file; left out */
    int64_t mutual;      /* rows of genes that regulate each other; left out */
    int64_t of_class[4]; /* kept */
    bool dream5_like;    /* a table that would also be a gold standard of DREAM5 */
    dn_examples unknown_ids;
} dn_pairs_report;

typedef struct dn_layer_report {
    char source_side[32], target_side[32];
    char format[16];  /* table, matrix, graphml */
    int64_t rows;     /* edges as they stand in the file */
    int64_t comments; /* lines */
    int64_t headers;  /* lines that repeat the header */
    int64_t unnamed, unscored;
    int64_t source_nodes, target_nodes; /* of the two sides; within one side target_nodes is 0 */
    int64_t loners;                     /* nodes without an edge in this layer */
    int64_t edges;
    int64_t self_loops, repeats;
    int64_t mapped_loops;  /* of the self loops, those of two ids that the id map joins */
    int64_t contradictory; /* edges whose rows have both signs */
    int64_t negative, zero;
    int64_t activating, inhibiting;
    int64_t mapped; /* names of this layer that the id map knows */
    int64_t joined; /* names whose node shows another id */
    int64_t shared; /* nodes that stood in the dataset before this layer */
    bool weighted, typed, directed;
    int64_t cut;       /* 1: the last line has no end and was left out, as asked for */
    bool open_end;     /* the last line has no end */
    bool lone_first;   /* a table without a header: both names of its first row are words that stand nowhere
                          else,   so the row may be a header that is not known; --columns says so */
    char first[2][32]; /* these names, cut to fit; "" unless lone_first */
} dn_layer_report;

/* All are rows unless said otherwise. */
typedef struct dn_interactions_report {
    int64_t rows;
    int64_t no_molecule, bad_molecule; /* set aside: not known by its id; unreadable */
    int64_t no_sequence, bad_sequence;
    int64_t no_id, both_types, other_types;
    int64_t rejected; /* sum of these seven */
    int64_t repeats;
    int64_t distinct;      /* pairs */
    int64_t contradictory; /* pairs */
    int64_t other_label;   /* rows of those pairs with their second label: as many */
    int64_t kept, positive;
    int64_t drugs, targets;                 /* in a pair that is kept */
    int64_t drug_many, target_many;         /* ids that mean several drugs, several targets */
    int64_t drug_synonyms, target_synonyms; /* drugs, targets with several ids */
    dn_examples reasons;
} dn_interactions_report;

typedef struct dn_import_report {
    bool already;       /* the output was complete before, with the same config; nothing was done */
    int64_t table_rows; /* rows of the gene id table */
    int64_t genes;      /* kept */
    int64_t dropped;    /* rows that --drop-genes left out */
    int64_t decoys;
    int64_t ambiguous; /* names that mean two genes; they find none */
    char primary[64];  /* the naming that matches the expression ids best */
    int64_t samples;
    int64_t missing;     /* missing expression values */
    int64_t no_values;   /* genes without a value */
    int64_t no_variance; /* genes with values that are all the same */
    dn_examples no_value_genes, no_variance_genes;
    dn_expression_report *expression;     /* [n_expression] */
    dn_pairs_report *pairs;               /* [n_pairs] */
    dn_layer_report *layers;              /* [n_layers] */
    dn_interactions_report *interactions; /* [n_interactions] */
    int64_t drugs, targets;               /* of the whole dataset */
    int64_t old_drugs, old_targets;       /* of those, that stood there before */
    int64_t smiles_texts;                 /* distinct SMILES that were read */
    int64_t rejected;                     /* lines of OUTPUT.rejected.tsv that this import wrote */
    int64_t nodes;                        /* of the whole dataset */
    int64_t old_nodes;                    /* of those, that stood there before */
    int64_t map_rows, map_names;          /* of the id map */
    int64_t map_ambiguous;                /* names that stand with two nodes */
    int64_t map_apart; /* nodes of the dataset that the id map would join, and that stay apart */
} dn_import_report;

/* Import. command is the command line, for the record. The report is the same on every rank.
 * Collective on comm. Fails: DN_EUSAGE options that make no sense together, or a name of a pair set; DN_EDATA
 * an input is wrong (file, line and column or row named), ids do not match, one class of labels;
 * DN_ENOINPUT; DN_ECANTCREAT the output or a pair set exists; DN_EIO, DN_ENOMEM. Whatever fails, no output is
 * left. */
DN_MUST_CHECK DN_COLLECTIVE dn_status dn_import(const dn_comm *comm, const dn_import_options *o,
                                                const char *command, dn_import_report *out, dn_error *err);

void dn_import_report_destroy(dn_import_report *r);

#endif
