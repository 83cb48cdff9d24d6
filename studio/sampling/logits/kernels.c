/* The passes over a whole vocabulary that a token costs, for `kernels.py`.
 *
 * What numpy does in a dozen passes, each with a result in memory, is done here in one, in
 * registers. There is no decision in this file that numpy's way does not make too: what is out of
 * the ordinary (NaN, infinity, more ties than there is room for) is handed back, and done there.
 *
 * The loops are written for one number and left to the compiler to widen. It may: `omp simd` says
 * that their sums can be taken in any order, and the compiler's options that no trap is looked at.
 */

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Compiled once for each generation of processors; the loader takes the one that runs here. Where
 * it cannot (not with musl, nor off Linux), or the compiler does not know these names, there is one
 * for all; and where that is asked for, to measure one kind of processor on another. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) && __GNUC__ >= 12 \
    && !defined(KELVIN_ONE_PROCESSOR)
#define FOR_EACH_PROCESSOR \
    __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FOR_EACH_PROCESSOR
#endif

/* Only what is part of a function is compiled once for each. */
#if defined(__GNUC__)
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

enum {
    VERSION = 5,    /* of these functions' arguments; `kernels.py` has the same number */
    BLOCKS = 512,   /* among whose maxima the bound is */
    WIDTH = 64,     /* of a row of the vocabulary */
    HEIGHT = 16,    /* tokens to a column; more where there would be too many COLUMNS */
    COLUMNS = 16384,
    MOST_FOUND = 512,
    SUMMED = 1024,  /* tokens to a float32 sum; the sums of these are added up in float64 */
    COMPARED = 16,  /* tokens compared before they are looked at one by one */
    FRACTION = 15,  /* bits of a float that tell places within one bin of a histogram apart */
    FIRST_BIN = 127 << (23 - FRACTION), /* what the other bits of 1.0 are */
    BINS = (40 << (23 - FRACTION)) + 1, /* as far as a depth of 2^40; -inf comes after them */
    TABLES = 4,     /* of a histogram, so that equal logits need not wait for each other */
    TABLE = 10368,  /* numbers to one: BINS and -inf's, and a quarter of a page past whole ones */
    NODES = 33,     /* at which a tail is looked at */
};

EXPORTED int kelvin_version(void) { return VERSION; }

EXPORTED int kelvin_most_found(void) { return MOST_FOUND; }

EXPORTED int kelvin_bins(void) { return BINS; }

/* 2 to the power x, -126 <= x < 128, with a relative error of 2e-7 at most.
 *
 * Rounding x to a whole number n is done by adding so large a number that no bits are left for
 * what follows the point. n then stands in the lowest bits of the sum, with the bias of a float's
 * exponent added already. 2^(x - n) is a polynomial's work, the minimax one of degree 5
 * on [-1/2, 1/2] that is 1 at 0: its own error is 9e-8. */
INLINED float two_to(float x)
{
    const float rounding = 12582912.0f + 127.0f; /* 1.5 * 2^23, and the bias */
    float rounded = x + rounding;
    float f = x - (rounded - rounding);
    float power = 1.3264727e-3f;
    uint32_t bits;
    float scale;
    power = power * f + 9.6715130e-3f;
    power = power * f + 5.5507336e-2f;
    power = power * f + 2.4022242e-1f;
    power = power * f + 6.9314700e-1f;
    power = power * f + 1.0f;
    memcpy(&bits, &rounded, sizeof bits);
    bits <<= 23;
    memcpy(&scale, &bits, sizeof scale);
    return power * scale;
}

/* The least exponent of `two_to`, in a way that hides the number from the compiler: what it knew
 * would come out of it, it would put in by comparing and choosing, in place of one maximum. */
INLINED float lowest_exponent(float any) { return -126.0f + 0.0f * any; }

/* The k-th of n numbers in an order, which are put in another order: Hoare's quickselect. */
#define KTH(NAME, NUMBER, COMES_BEFORE)                                                          \
    static NUMBER NAME(NUMBER *numbers, int n, int k)                                            \
    {                                                                                            \
        int first = 0, last = n - 1;                                                             \
        while (first < last) {                                                                   \
            NUMBER pivot = numbers[(first + last) / 2];                                          \
            int i = first, j = last;                                                             \
            while (i <= j) {                                                                     \
                while (numbers[i] COMES_BEFORE pivot)                                            \
                    i++;                                                                         \
                while (pivot COMES_BEFORE numbers[j])                                            \
                    j--;                                                                         \
                if (i <= j) {                                                                    \
                    NUMBER later = numbers[i];                                                   \
                    numbers[i++] = numbers[j];                                                   \
                    numbers[j--] = later;                                                        \
                }                                                                                \
            }                                                                                    \
            if (k - 1 <= j)                                                                      \
                last = j;                                                                        \
            else if (k - 1 >= i)                                                                 \
                first = i;                                                                       \
            else                                                                                 \
                break;                                                                           \
        }                                                                                        \
        return numbers[k - 1];                                                                   \
    }

KTH(kth_largest, float, >)
KTH(kth_smallest, int64_t, <)

/* A number that is the smaller, the better the token is: the larger its logit, then its id. */
static int64_t place_of(float logit, int64_t id)
{
    float positive_zero = logit + 0.0f;
    int32_t bits;
    memcpy(&bits, &positive_zero, sizeof bits);
    /* Floats order like integers of sign and magnitude. */
    if (bits >= 0)
        bits = ~bits;
    else
        bits &= 0x7fffffff;
    return (int64_t)((uint64_t)(uint32_t)bits << 32 | (uint64_t)id);
}

/* The largest of each column of some whole rows, WIDTH logits each, and the least of all.
 *
 * Returns whether a logit is NaN or +inf. */
INLINED int column_maxima(const float *rows, int64_t height, float *maxima, float *least)
{
    float lowest = *least;
    int unfit = 0;
    for (int column = 0; column < WIDTH; column++)
        maxima[column] = -INFINITY;
    for (int64_t row = 0; row < height; row++) {
#pragma omp simd reduction(| : unfit) reduction(min : lowest)
        for (int column = 0; column < WIDTH; column++) {
            float logit = rows[row * WIDTH + column];
            unfit |= !(logit <= FLT_MAX);
            lowest = logit < lowest ? logit : lowest;
            maxima[column] = logit > maxima[column] ? logit : maxima[column];
        }
    }
    *least = lowest;
    return unfit;
}

/* Find the best tokens in order, at least `least` of them or all that are above -inf.
 *
 * The vocabulary is cut into columns of some tokens each, and these are thrown together into
 * BLOCKS blocks. The `least`-th largest of the blocks' maxima is a bound that at least so many
 * logits reach. Which these are, the columns' maxima tell: only where one of these reaches the
 * bound the column is looked at again. Where more than there is room for reach it, as where they
 * are equal, the best `least` of those found take the room, and the bound rises.
 *
 * Returns how many are in `ids` and `best`, which have room for MOST_FOUND; fewer than `least` are
 * all there are; 0 where a logit is NaN or +inf, or all are -inf. `lowest` takes the least of all
 * logits. */
EXPORTED FOR_EACH_PROCESSOR int kelvin_best(
    const float *logits, int64_t size, int least, int64_t *ids, double *best, float *lowest)
{
    float maxima[COLUMNS + WIDTH], of_blocks[BLOCKS], bound;
    int64_t places[MOST_FOUND], last;
    int64_t height = size / BLOCKS < HEIGHT ? size / BLOCKS : HEIGHT, piece, columns = 0;
    int unfit = 0, found = 0;

    *lowest = INFINITY;
    if (height * COLUMNS < size)
        height = (size + COLUMNS - 1) / COLUMNS;
    piece = height * WIDTH;
    for (int64_t start = 0; start < size; start += piece, columns += WIDTH) {
        int64_t rows = size - start < piece ? (size - start) / WIDTH : height;
        unfit |= column_maxima(logits + start, rows, maxima + columns, lowest);
    }
    for (int64_t id = size - size % WIDTH; id < size; id++) { /* the last row is not whole */
        float *maximum = &maxima[columns - WIDTH + id % WIDTH];
        unfit |= !(logits[id] <= FLT_MAX);
        *maximum = logits[id] > *maximum ? logits[id] : *maximum;
        *lowest = logits[id] < *lowest ? logits[id] : *lowest;
    }
    for (int block = 0; block < BLOCKS; block++)
        of_blocks[block] = -INFINITY;
    for (int64_t start = 0; start < columns; start += WIDTH) {
        float *blocks = of_blocks + start % BLOCKS;
#pragma omp simd
        for (int i = 0; i < WIDTH; i++)
            blocks[i] = maxima[start + i] > blocks[i] ? maxima[start + i] : blocks[i];
    }
    bound = kth_largest(of_blocks, BLOCKS, least);
    if (unfit)
        return 0;
    bound = bound > -FLT_MAX ? bound : -FLT_MAX;
    last = place_of(bound, size);
    for (int64_t column = 0; column < columns; column++) {
        int64_t start, end;
        if (maxima[column] < bound)
            continue;
        start = column / WIDTH * piece;
        end = start + piece < size ? start + piece : size;
        for (int64_t id = start + column % WIDTH; id < end; id += WIDTH) {
            int64_t place;
            if (logits[id] < bound || (place = place_of(logits[id], id)) > last)
                continue;
            if (found == MOST_FOUND) {
                last = kth_smallest(places, found, least);
                found = least;
                bound = logits[last & 0xffffffff];
                if (place > last)
                    continue;
            }
            places[found++] = place;
        }
    }

    /* Each stands behind as many as are better. For so few that is quicker than to sort them. */
    for (int i = 0; i < found; i++) {
        int64_t place = places[i], better = 0;
        for (int j = 0; j < found; j++)
            better += places[j] < place;
        ids[better] = place & 0xffffffff;
    }
    for (int i = 0; i < found; i++)
        best[i] = logits[ids[i]];
    return found;
}

/* Count tokens by how far they lie below the edge, in bins that widen as the depth grows.
 *
 * The bits of the float depth + 1 are the bin, and below them the place in it: 256 bins while depth
 * + 1 doubles. What is better than the edge counts as the edge, a finite depth beyond 2^40 as that,
 * and -inf has a bin of its own. One number of a table holds the tokens of its bin, above 2^40,
 * and the sum of their places in it.
 *
 * `tables` are those of a `struct work`, and the first one takes the sums of all.
 * Returns how many bins, from the first, may have tokens. */
INLINED int count_by_depth(
    const float *logits, int64_t size, float edge, float lowest, uint64_t *tables)
{
    const float furthest = 1099511627776.0f; /* 2^40 */
    const uint64_t within = (1u << FRACTION) - 1, one = (uint64_t)1 << 40;
    float deepest = edge - lowest + 1.0f;
    uint32_t places[SUMMED], bits;
    int bins = BINS + 1;

    if (deepest < furthest) {
        memcpy(&bits, &deepest, sizeof bits);
        bins = (int)(bits >> FRACTION) - FIRST_BIN + 1;
    }
    for (int table = 0; table < TABLES; table++)
        memset(tables + table * TABLE, 0, bins * sizeof *tables);
    for (int64_t start = 0; start < size; start += SUMMED) {
        const float *row = logits + start;
        int count = size - start < SUMMED ? (int)(size - start) : SUMMED, i = 0;
#pragma omp simd
        for (int j = 0; j < count; j++) {
            float depth = edge - row[j];
            uint32_t of_depth;
            depth = depth > 0.0f ? depth : 0.0f;
            depth = (depth < furthest - 1.0f ? depth : furthest - 1.0f) + 1.0f;
            memcpy(&of_depth, &depth, sizeof of_depth);
            of_depth -= (uint32_t)FIRST_BIN << FRACTION;
            places[j] = row[j] >= -FLT_MAX ? of_depth : (uint32_t)BINS << FRACTION;
        }
#define COUNTED(TABLE_NUMBER, PLACE) \
    tables[(TABLE_NUMBER) * TABLE + ((PLACE) >> FRACTION)] += ((PLACE) & within) + one
        for (; i <= count - TABLES; i += TABLES) {
            COUNTED(0, places[i]);
            COUNTED(1, places[i + 1]);
            COUNTED(2, places[i + 2]);
            COUNTED(3, places[i + 3]);
        }
        for (; i < count; i++)
            COUNTED(0, places[i]);
    }
    for (int bin = 0; bin < bins; bin++)
        for (int table = 1; table < TABLES; table++)
            tables[bin] += tables[table * TABLE + bin];
    return bins;
}

/* Make a histogram of the tokens at or below the edge; `better` are not counted.
 *
 * `numbers`, `counts` and `depths` have room for BINS, and take of each bin that has tokens, from
 * the edge on: its number, how many they are, and their mean depth. Returns how many bins these
 * are. -inf is left out. */
EXPORTED FOR_EACH_PROCESSOR int kelvin_histogram(
    const float *logits, int64_t size, float edge, float lowest, int64_t better, uint64_t *tables,
    float *numbers, float *counts, float *depths)
{
    int bins = count_by_depth(logits, size, edge, lowest, tables), filled = 0;
    tables[0] -= (uint64_t)better << 40;
    for (int bin = 0; bin < bins && bin < BINS; bin++) {
        uint64_t count = tables[bin] >> 40, places = tables[bin] & (((uint64_t)1 << 40) - 1);
        uint32_t bits;
        float mean;
        if (!count)
            continue;
        numbers[filled] = (float)bin;
        counts[filled] = (float)count; /* exact, for it is below 2^24 */
        /* The float whose bits these are, with the mean place as its lower ones. */
        bits = ((uint32_t)(FIRST_BIN + bin) << FRACTION) + (uint32_t)((double)places / count + 0.5);
        memcpy(&mean, &bits, sizeof mean);
        depths[filled++] = mean - 1.0f;
    }
    return filled;
}

/* K(beta) = ln sum exp(-beta * depth), its slope and its curvature, at each node: see `tail.py`. */
struct nodes {
    double value[NODES], slope[NODES], curvature[NODES];
};

/* What `tail_nodes.py` goes by; it fills this in, number by number. */
struct grid {
    double beta[NODES];
    int32_t left[NODES], right[NODES]; /* the nodes of the coarse grid beside each; or itself */
    double in_probability, in_entropy; /* errors that are put up with */
};

/* Sum over the bins of a histogram at each of some nodes. */
INLINED void sum_at_nodes(
    const float *counts, const float *depths, int bins, const struct grid *grid,
    struct nodes *nodes)
{
    float weights[BINS];
    for (int node = 0; node < NODES; node++) {
        const float unit = (float)(grid->beta[node] * -1.4426950408889634);
        const float lowest = lowest_exponent(unit);
        float mass = 0.0f, moment = 0.0f, square = 0.0f, mean;
#pragma omp simd reduction(+ : mass, moment)
        for (int bin = 0; bin < bins; bin++) {
            float x = depths[bin] * unit, weight;
            weight = counts[bin] * two_to(x > lowest ? x : lowest);
            weights[bin] = weight;
            mass += weight;
            moment += weight * depths[bin];
        }
        mean = moment / mass;
        /* From the mean: of the sums of squares themselves float32 would lose the difference. */
#pragma omp simd reduction(+ : square)
        for (int bin = 0; bin < bins; bin++) {
            float off = depths[bin] - mean;
            square += weights[bin] * off * off;
        }
        nodes->value[node] = log(mass);
        nodes->slope[node] = -(double)mean;
        nodes->curvature[node] = square / mass;
        /* Of what weighs less than e^-40 at this beta nothing is left to be seen at a larger one. */
        while (bins > 1 && depths[bins - 1] * unit < -57.7f)
            bins--;
    }
}

/* What part of the distribution the tail is at beta, where its K has this value. */
INLINED double share_of_tail(
    const double *best, int head, double edge, double beta, double value)
{
    const float unit = (float)(beta * 1.4426950408889634), lowest = lowest_exponent(unit);
    double rest = exp(value + beta * (edge - best[0]));
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < head; i++) {
        float x = (float)(best[i] - best[0]) * unit;
        sum += two_to(x > lowest ? x : lowest);
    }
    return rest / (sum + rest);
}

/* Look at a tail at each node of a grid. Returns whether its coarse nodes are enough: whether what
 * is interpolated between them is close enough to what is found at the others. See
 * `tail_nodes._are_enough`, which says the same and why. */
EXPORTED FOR_EACH_PROCESSOR int kelvin_tail(
    const float *counts, const float *depths, int bins, const double *best, int head,
    double edge, const struct grid *grid, struct nodes *nodes)
{
    sum_at_nodes(counts, depths, bins, grid, nodes);
    for (int node = 0; node < NODES; node++) {
        int a = grid->left[node], b = grid->right[node];
        double beta = grid->beta[node], width = grid->beta[b] - grid->beta[a], t, share, off, tilt;
        double d0, d1, c0, c1, rise, turn, bend, k3, k4, k5, value, slope;
        if (a == b)
            continue;
        t = (beta - grid->beta[a]) / width;
        d0 = width * nodes->slope[a], d1 = width * nodes->slope[b];
        c0 = width * width * nodes->curvature[a], c1 = width * width * nodes->curvature[b];
        rise = nodes->value[b] - nodes->value[a] - d0 - c0 / 2;
        turn = d1 - d0 - c0, bend = c1 - c0;
        k3 = 10 * rise - 4 * turn + bend / 2;
        k4 = -15 * rise + 7 * turn - bend;
        k5 = 6 * rise - 3 * turn + bend / 2;
        value = nodes->value[a] + t * (d0 + t * (c0 / 2 + t * (k3 + t * (k4 + t * k5))));
        slope = (d0 + t * (c0 + t * (3 * k3 + t * (4 * k4 + t * 5 * k5)))) / width;
        share = share_of_tail(best, head, edge, beta, nodes->value[node]);
        off = fabs(value - nodes->value[node]);
        tilt = fmax(fabs(slope - nodes->slope[node]), 3.5 * off / width);
        if (!(share * (1.0 - share) * off <= grid->in_probability
              && share * (off + beta * tilt) <= grid->in_entropy))
            return 0;
    }
    return 1;
}

/* What `kelvin_top_k_and_tail` finds, in as few bytes as it takes: behind this head the best logits,
 * their ids, and the histogram's numbers, counts and depths. */
struct record {
    int32_t found, bins, tokens, enough;
    double lowest;
    struct nodes nodes;
};

/* The memory that it works in. `kernels.py` gives it to `kelvin_histogram` for its tables. */
struct work {
    uint64_t tables[TABLES * TABLE]; /* the first, so that their address is its own */
    float numbers[BINS], counts[BINS], depths[BINS];
    double best[MOST_FOUND];
    int64_t ids[MOST_FOUND];
    struct record record;
    char behind[MOST_FOUND * (sizeof(double) + sizeof(int64_t)) + 3 * BINS * sizeof(float)];
};

EXPORTED int64_t kelvin_work_bytes(void) { return sizeof(struct work); }

EXPORTED int64_t kelvin_record_offset(void) { return offsetof(struct work, record); }

INLINED char *put(char *to, const void *from, size_t bytes)
{
    memcpy(to, from, bytes);
    return to + bytes;
}

/* Find the best tokens as `kelvin_best` does, and make a histogram of those behind the first
 * `head` of them, with the best of these as its edge; look at this tail as `kelvin_tail` does.
 * Returns how many bytes of the record are filled, 0 where `kelvin_best` returns it.
 *
 * One block of memory for all that is found, because of who reads it: in Python, whose code the
 * decode has swept from the caches, each object costs microseconds. */
EXPORTED FOR_EACH_PROCESSOR int64_t kelvin_top_k_and_tail(
    const float *logits, int64_t size, int head, const struct grid *grid, struct work *work)
{
    struct record *record = &work->record;
    char *end = work->behind;
    float lowest;
    int found = kelvin_best(logits, size, head + 1, work->ids, work->best, &lowest);
    if (!found)
        return 0;
    record->found = found;
    record->bins = record->tokens = record->enough = 0;
    record->lowest = lowest;
    if (found > head) {
        record->bins = kelvin_histogram(
            logits, size, (float)work->best[head], lowest, head, work->tables,
            work->numbers, work->counts, work->depths);
        record->enough = kelvin_tail(
            work->counts, work->depths, record->bins, work->best, head, work->best[head], grid,
            &record->nodes);
        for (int bin = 0; bin < record->bins; bin++)
            record->tokens += (int32_t)work->counts[bin];
    }
    end = put(end, work->best, found * sizeof *work->best);
    end = put(end, work->ids, found * sizeof *work->ids);
    end = put(end, work->numbers, record->bins * sizeof *work->numbers);
    end = put(end, work->counts, record->bins * sizeof *work->counts);
    end = put(end, work->depths, record->bins * sizeof *work->depths);
    return end - (char *)record;
}

/* Weigh each token by 2^x, with x = (logit - maximum) * unit; return the sum of all weights.
 *
 * A weight below 2^-126 is 0. `weights` takes them if they are to be kept, and `moment` the sum of x
 * times the weight. */
INLINED double weigh(
    const float *logits, int64_t size, float maximum, float unit, int are_kept, float *weights,
    double *moment)
{
    const float lowest = lowest_exponent(unit);
    double total = 0.0, total_moment = 0.0;
    for (int64_t start = 0; start < size; start += SUMMED) {
        const float *row = logits + start;
        int count = size - start < SUMMED ? (int)(size - start) : SUMMED;
        float sum = 0.0f, moments = 0.0f;
#pragma omp simd reduction(+ : sum, moments)
        for (int i = 0; i < count; i++) {
            float x = (row[i] - maximum) * unit, least = x > lowest ? x : lowest;
            float weight = two_to(least);
            weight = x > lowest ? weight : 0.0f;
            if (are_kept)
                weights[start + i] = weight;
            sum += weight;
            moments += weight * least;
        }
        total += sum;
        total_moment += moments;
    }
    *moment = total_moment;
    return total;
}

EXPORTED FOR_EACH_PROCESSOR double kelvin_weigh(
    const float *logits, int64_t size, float maximum, float unit, float *weights, double *moment)
{
    return weigh(logits, size, maximum, unit, 1, weights, moment);
}

/* The same sum alone. */
EXPORTED FOR_EACH_PROCESSOR double kelvin_mass(
    const float *logits, int64_t size, float maximum, float unit)
{
    double moment;
    return weigh(logits, size, maximum, unit, 0, NULL, &moment);
}

/* What is better than some tokens: how many, what they weigh, and the sum of each weight times how
 * far its logit lies from the largest. */
struct better {
    int64_t count;
    double weight, moment;
};

/* Add up the tokens above a logit. */
INLINED void above(
    const float *logits, const float *weights, int count, float most, float maximum,
    struct better *better)
{
    int found = 0;
    float weight = 0.0f, moment = 0.0f;
#pragma omp simd reduction(+ : found, weight, moment)
    for (int i = 0; i < count; i++) {
        int is_better = logits[i] > most;
        float weighed = weights[i];
        weighed = is_better ? weighed : 0.0f;
        found += is_better;
        weight += weighed;
        moment += weighed * (is_better ? logits[i] - maximum : 0.0f);
    }
    better->count += found;
    better->weight += weight;
    better->moment += moment;
}

/* Find the tokens with logits from `least` to `most`, in the order of their ids.
 *
 * `places` takes their ids, and has room for `room`; `better` takes those that are better than all
 * of them. Returns how many were found, or -1 where there may be more than there is room for. */
EXPORTED FOR_EACH_PROCESSOR int64_t kelvin_between(
    const float *logits, const float *weights, int64_t size, float least, float most,
    float maximum, int64_t *places, int64_t room, struct better *better)
{
    int64_t found = 0, start = 0;
    memset(better, 0, sizeof *better);
    for (; start <= size - SUMMED; start += SUMMED)
        above(logits + start, weights + start, SUMMED, most, maximum, better);
    above(logits + start, weights + start, (int)(size - start), most, maximum, better);
    for (start = 0; start < size; start += COMPARED) {
        int count = size - start < COMPARED ? (int)(size - start) : COMPARED;
        int inside[COMPARED], any = 0;
        const float *row = logits + start;
        if (count == COMPARED) {
#pragma omp simd reduction(| : any)
            for (int i = 0; i < COMPARED; i++)
                any |= inside[i] = (row[i] >= least) & (row[i] <= most);
        } else {
            for (int i = 0; i < count; i++)
                any |= inside[i] = (row[i] >= least) & (row[i] <= most);
        }
        if (!any)
            continue;
        if (found + COMPARED > room)
            return -1;
        for (int i = 0; i < count; i++) { /* a place that is not inside is written over */
            places[found] = start + i;
            found += inside[i];
        }
    }
    return found;
}
