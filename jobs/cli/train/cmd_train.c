/* cmd_train.c - dragnet train: learn pairs from a dataset; see train_run.h */
#include <string.h>
#include "jobs/cli/train/train_run.h"

static const dn_opt options[] = {
    {"split", 's', DN_OPT_TEXT, NULL, "NAME", "split to train on (required)", "data"},
    {"fold", 0, DN_OPT_INT, "-1", "-1..1000", "fold of a k-fold split", "data"},
    {"output", 'o', DN_OPT_TEXT, NULL, "DIR", "run directory: model.h5, metrics.jsonl (required)", "data"},
    {"force", 'f', DN_OPT_FLAG, NULL, NULL, "replace what the run directory holds", "data"},
    {"resume", 0, DN_OPT_FLAG, NULL, NULL,
     "go on from the checkpoint and refuse to begin; without it an unfinished run is gone on with, too",
     "data"},
    {"checkpoint-steps", 0, DN_OPT_INT, "0", "0..1000000000",
     "steps between two checkpoints within an epoch, beside --checkpoint-every; 0: the clock alone counts",
     "stop"},
    {"recipe", 0, DN_OPT_TEXT, "default", "default|published", "what options say that are not given",
     "recipe"},
    {"epochs", 'e', DN_OPT_INT, NULL, "1..100000",
     "passes over the training pairs, at most [gener 40, published 300; dti 25, published 35]", "recipe"},
    {"patience", 0, DN_OPT_INT, NULL, "1..100000",
     "stop after so many epochs without a lower validation loss [8; published: gener 100, dti 35]", "recipe"},
    {"batch", 'b', DN_OPT_INT, NULL, "2..1048576", "pairs in a batch [gener 1024, dti 64; published 8]",
     "recipe"},
    {"shards", 0, DN_OPT_INT, "0", "0..65536",
     "parts of a batch, a power of two; 0: the largest up to min(16, batch/64), of dti and published "
     "the largest up to 8 that divides the batch",
     "recipe"},
    {"batch-norm", 0, DN_OPT_TEXT, NULL, "shard|global",
     "norms take the statistics of their shard, or of the batch, for which a rank holds all its shards at a "
     "time [shard; published global]",
     "recipe"},
    {"optimiser", 0, DN_OPT_TEXT, NULL, "adam|sgd", "update rule [adam; gener published sgd]", "recipe"},
    {"rate", 'r', DN_OPT_NUMBER, NULL, "1e-9..10",
     "learning rate [gener 0.001, published 0.01; dti 0.001, published 0.0005]", "recipe"},
    {"schedule", 0, DN_OPT_TEXT, NULL, "constant|cosine|stepwise",
     "learning rate over the epochs; stepwise: times 0.8 every 2,500 updates, ends below 1e-7 [cosine; "
     "published: gener stepwise, dti constant]",
     "recipe"},
    {"decay", 0, DN_OPT_NUMBER, NULL, "0..1",
     "decoupled weight decay (adam) [gener 0.01, dti 0.05; published 0]", "recipe"},
    {"dropout", 0, DN_OPT_NUMBER, NULL, "0..0.95",
     "rate of every dropout layer [gener 0.5, dti 0.5, published 0.3]", "recipe"},
    {"fixed-order", 0, DN_OPT_FLAG, NULL, NULL,
     "gener: show pairs as (a, b) only, not in both orders (so does published)", "recipe"},
    {"normalise", 0, DN_OPT_TEXT, "zscore-gene", "none|zscore-sample|zscore-gene|quantile",
     "gener: expression as the network sees it; stored with the model. quantile: samples, then zscore-gene",
     "recipe"},
    {"precision", 0, DN_OPT_TEXT, "f32", "f32|bf16",
     "gener: what products of training take as factors, but f32 in shards of fewer than 16 rows; the rest is "
     "f32",
     "recipe"},
    {"balance", 0, DN_OPT_TEXT, NULL, "on|off",
     "gener: of every class as many training and validation rows as of the smallest, drawn by --seed [off; "
     "published "
     "on]",
     "recipe"},
    {"encoder", 0, DN_OPT_TEXT, "blosum", "NAME",
     "dti: residues as numbers: blosum, onehot, or a FILE of stored states", "recipe"},
    {"atoms", 0, DN_OPT_TEXT, NULL, "published|rich", "dti: features of an atom, 4 or 64 [rich, published 4]",
     "recipe"},
    {"joint", 0, DN_OPT_INT, NULL, "0..1024",
     "dti: units of a layer in which drug and target meet, 0: none [256, published 0]", "recipe"},
    {"heads", 0, DN_OPT_INT, NULL, "1..64",
     "dti: groups of that layer's units that are trained as an ensemble [8; 1 where 8 do not divide it]",
     "recipe"},
    {"no-history", 0, DN_OPT_FLAG, NULL, NULL,
     "dti: do not show the network what the training labels of like drugs and targets are", "recipe"},
    {"seed", 0, DN_OPT_INT, "1", "0..9223372036854775807", "of weights, order and dropout", "recipe"},
    {"reduce", 0, DN_OPT_TEXT, "ordered", "ordered|fast",
     "sum of gradients: same bits on any number of ranks, or MPI's own (for comparison)", "ranks"},
    {"plan", 0, DN_OPT_TEXT, NULL, "N,N,...",
     "shards of each rank, where ranks differ in speed; default: even", "ranks"},
    {"profile", 0, DN_OPT_FLAG, NULL, NULL,
     "at the end, where the time of a step went, by ranks and layers: a table, and DIR/profile.json",
     "ranks"},
    {0}};

/* Options of one network that the other would not look at. */
static dn_status refuse_foreign(const dn_options *o, const char *network, dn_error *err)
{
    static const char *const of_gener[] = {"fixed-order", "normalise", "precision", "balance", NULL};
    static const char *const of_dti[] = {"encoder", "atoms", "joint", "heads", "no-history", NULL};
    dn_status st = DN_OK;
    const char *const *foreign = strcmp(network, "dti") == 0 ? of_gener : of_dti;

    for (; *foreign != NULL; foreign++)
        if (dn_options_given(o, *foreign))
            DN_FAIL(DN_EUSAGE, "--%s does not go with train %s", *foreign, network);
out:
    return st;
}

static dn_status run(const dn_call *call, dn_error *err)
{
    dn_status st = DN_OK;
    const char *network = dn_options_positional(call->options, 0);

    if (network == NULL || (strcmp(network, "gener") != 0 && strcmp(network, "dti") != 0))
        DN_FAIL(DN_EUSAGE, "say what to train: 'dragnet train gener|dti DATASET ...'%s%s",
                network != NULL ? ", not " : "", network != NULL ? network : "");
    DN_TRY(refuse_foreign(call->options, network, err));
    if (strcmp(network, "dti") == 0)
        DN_TRY(dn_train_dti(call, err));
    else
        DN_TRY(dn_train_gener(call, err));
out:
    return st;
}

const dn_command dn_cmd_train = {
    .name = "train",
    .summary = "learn gene-gene or drug-target interactions, data-parallel over the ranks",
    .usage = "gener DATASET --split NAME -o DIR [options]\ndti DATASET --split NAME -o DIR [options]",
    .details =
        "Trains the GENER network (pairs of genes) or the hybrid network (a GCN over the molecule, a "
        "CNN over the\n"
        "protein) on the training part of a split and keeps the weights of the epoch with the lowest "
        "validation\n"
        "loss. The weights are the same, bit for bit, on any number of ranks and threads.\n"
        "The number of classes is that of the pair set: 2, or 4 (none, connection, A regulates B, B "
        "regulates A).\n"
        "--encoder FILE takes states of proteins that are stored in a file (scripts/states_from_npy "
        "makes one); the\n"
        "model remembers which, and evaluate wants the same ones, where they were or with --encoder "
        "FILE.\n"
        "\n"
        "After every epoch, every --checkpoint-every and at SIGUSR1, SIGTERM or SIGINT "
        "DIR/checkpoint.h5 is written;\n"
        "after a signal, and in time for --max-time, the run then ends with exit code 75. The same "
        "command on an\n"
        "unfinished run goes on from the checkpoint, on any number of ranks, to the same weights; on a "
        "finished\n"
        "one it says so and exits 0.",
    .options = options,
    .stoppable = true,
    .estimated = true,
    .run = run};
