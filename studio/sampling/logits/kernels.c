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
#include <stdint.h>
#include <string.h>

/* Compiled once for each generation of processors; the loader takes the one that runs here. Where
 * it cannot (not with musl, nor off Linux), or the compiler does not know these names, there is one
 * for all. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) && __GNUC__ >= 12
#define FOR_EACH_PROCESSOR \
    __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FOR_EACH_PROCESSOR
#endif

#ifdef _WIN32
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

enum {
    VERSION = 1,    /* of these functions' arguments; `kernels.py` has the same number */
    BLOCKS = 512,   /* among whose maxima the bound is */
    WIDTH = 64,     /* of a row of the vocabulary */
    HEIGHT = 16,    /* tokens to a column; more where there would be too many COLUMNS */
    COLUMNS = 16384,
    MOST_FOUND = 512,
    NODES = 5,      /* at which a tail is measured the quick way */
    SUMMED = 1024,  /* tokens to a float32 sum; the sums of these are added up in float64 */
    COMPARED = 16,  /* tokens compared before they are looked at one by one */
};

EXPORTED int kelvin_version(void) { return VERSION; }

EXPORTED int kelvin_most_found(void) { return MOST_FOUND; }

/* 2 to the power x, -126 <= x < 128, with a relative error of 2e-7 at most.
 *
 * Rounding x to a whole number n is done by adding so large a number that no bits are left for
 * what follows the point. n then stands in the lowest bits of the sum, with the bias of a float's
 * exponent added already. 2^(x - n) is a polynomial's work, the minimax one of degree 5
 * on [-1/2, 1/2] that is 1 at 0: its own error is 9e-8. */
static inline float two_to(float x)
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
static inline float lowest_exponent(float any) { return -126.0f + 0.0f * any; }

/* The k-th largest of n numbers, which are put in another order: Hoare's quickselect. */
static float kth_largest(float *numbers, int n, int k)
{
    int first = 0, last = n - 1;
    while (first < last) {
        float pivot = numbers[(first + last) / 2];
        int i = first, j = last;
        while (i <= j) {
            while (numbers[i] > pivot)
                i++;
            while (numbers[j] < pivot)
                j--;
            if (i <= j) {
                float larger = numbers[j];
                numbers[j--] = numbers[i];
                numbers[i++] = larger;
            }
        }
        if (k - 1 <= j)
            last = j;
        else if (k - 1 >= i)
            first = i;
        else
            break;
    }
    return numbers[k - 1];
}

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
static inline int column_maxima(const float *rows, int64_t height, float *maxima, float *least)
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

/* Find the best tokens in order, at least `least` of them, at most BLOCKS.
 *
 * The vocabulary is cut into columns of some tokens each, and these are thrown together into
 * BLOCKS blocks. The `least`-th largest of the blocks' maxima is a bound that at least so many
 * logits reach. Which these are, the columns' maxima tell: only where one of these reaches the
 * bound the column is looked at again.
 *
 * Returns how many are in `ids` and `best`, which have room for MOST_FOUND; 0 where it cannot say:
 * a logit is NaN or +inf, too few are finite, or more than there is room for reach the bound.
 * `lowest` takes the least of all logits. */
EXPORTED FOR_EACH_PROCESSOR int kelvin_best(
    const float *logits, int64_t size, int least, int64_t *ids, double *best, float *lowest)
{
    float maxima[COLUMNS + WIDTH], of_blocks[BLOCKS], bound;
    int64_t places[MOST_FOUND];
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
    if (unfit || bound < -FLT_MAX)
        return 0;

    for (int64_t column = 0; column < columns; column++) {
        int64_t start, end;
        if (maxima[column] < bound)
            continue;
        start = column / WIDTH * piece;
        end = start + piece < size ? start + piece : size;
        for (int64_t id = start + column % WIDTH; id < end; id += WIDTH) {
            if (logits[id] < bound)
                continue;
            if (found == MOST_FOUND)
                return 0;
            places[found++] = place_of(logits[id], id);
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

/* Sum powers of e = 2^t over a vocabulary, and t times them, with t = (logit - edge) * unit.
 *
 * Whatever is better than the edge counts as the edge itself: t = 0 and e = 1.
 *
 * `sums` takes those of e, e2, e3, e4, t, t * e, t * e2, t * e3, t * t. They are infinite or NaN
 * where float32 cannot hold them, or where a logit is -inf. */
static inline void power_sums(
    const float *logits, int64_t size, float edge, float unit, double *sums)
{
    const float lowest = lowest_exponent(unit);
    for (int sum = 0; sum < 9; sum++)
        sums[sum] = 0.0;
    for (int64_t start = 0; start < size; start += SUMMED) {
        const float *row = logits + start;
        int count = size - start < SUMMED ? (int)(size - start) : SUMMED;
        float e_1 = 0, e_2 = 0, e_3 = 0, e_4 = 0, t_0 = 0, t_1 = 0, t_2 = 0, t_3 = 0, tt = 0;
#pragma omp simd reduction(+ : e_1, e_2, e_3, e_4, t_0, t_1, t_2, t_3, tt)
        for (int i = 0; i < count; i++) {
            float t = ((row[i] < edge ? row[i] : edge) - edge) * unit;
            float e = two_to(t > lowest ? t : lowest);
            float e2 = e * e, e3 = e2 * e;
            e_1 += e;
            e_2 += e2;
            e_3 += e3;
            e_4 += e2 * e2;
            t_0 += t;
            t_1 += t * e;
            t_2 += t * e2;
            t_3 += t * e3;
            tt += t * t;
        }
        sums[0] += e_1;
        sums[1] += e_2;
        sums[2] += e_3;
        sums[3] += e_4;
        sums[4] += t_0;
        sums[5] += t_1;
        sums[6] += t_2;
        sums[7] += t_3;
        sums[8] += tt;
    }
}

/* What `tail_sums.py` goes by; it fills this in, number by number. */
struct rules {
    double beta[NODES];
    double rest[NODES + 2][2 * NODES];    /* from what is known at the nodes to the rest */
    double curvature_change[NODES - 1][2]; /* from node to node: at least, at most */
    double in_probability, in_entropy;    /* errors that are put up with */
    double beyond[3], error_beyond[3];    /* times the last beta, and the power law's error there */
};

/* K, its slope and its curvature at each node: see `tail.py`. */
struct nodes {
    double value[NODES], slope[NODES], curvature[NODES];
};

/* What part of the distribution the tail is at beta, where its K has this value. */
static inline double share_of_tail(
    const double *best, int head, double beta, double value)
{
    const float unit = (float)(beta * 1.4426950408889634), lowest = lowest_exponent(unit);
    double rest = exp(value + beta * (best[head] - best[0]));
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < head; i++) {
        float x = (float)(best[i] - best[0]) * unit;
        sum += two_to(x > lowest ? x : lowest);
    }
    return rest / (sum + rest);
}

/* `tail_sums._are_small` */
static int are_small(const double *errors, const double *share, const struct rules *rules)
{
    for (int i = 0; i < 2; i++) {
        int odd = 2 * i + 1;
        double error = fabs(errors[i]);
        double before = (share[odd - 1] + share[odd]) / 2, after = (share[odd] + share[odd + 1]) / 2;
        double nearest = fmin(fmax(after, 0.5), before);
        if (!(before * (1 + 4 * odd) * error <= rules->in_entropy
              && nearest * (1.0 - nearest) * error <= rules->in_probability))
            return 0;
    }
    return 1;
}

/* `tail_sums._reaches_far_enough` */
static int reaches_far_enough(
    const struct nodes *nodes, const double *best, int head, const struct rules *rules)
{
    const int last = NODES - 1;
    double value = nodes->value[last], fall = -nodes->slope[last] / value;
    double excess = nodes->curvature[last] / value - fall * fall;
    if (!(value > 0.0 && fall > 0.0 && excess > 1e-9 * fall * fall))
        return 0;
    for (int i = 0; i < 3; i++) {
        double scale = fall / excess, beta = rules->beta[last] * rules->beyond[i];
        double there = scale + beta - rules->beta[last];
        double share = share_of_tail(
            best, head, beta, value * pow(scale / there, fall * fall / excess));
        if (!(share * (1.0 - share) * rules->error_beyond[i] <= rules->in_probability))
            return 0;
    }
    return 1;
}

/* Find the best tokens as `kelvin_best` does, and measure the tail behind the first `head` of them
 * the quick way of `tail_sums.py`: `unit` is that of `power_sums`.
 *
 * Returns what `kelvin_best` does. `measured` says whether `nodes` has the tail: the
 * quick way is not good enough for each. */
EXPORTED FOR_EACH_PROCESSOR int kelvin_survey(
    const float *logits, int64_t size, int least, int head, double unit, const struct rules *rules,
    int64_t *ids, double *best, float *lowest, struct nodes *nodes, int *measured)
{
    double sums[9], given[2 * NODES], rest[NODES + 2], share[NODES];
    double count = (double)(size - head), mean;
    int found = kelvin_best(logits, size, least, ids, best, lowest);

    *measured = 0;
    if (found <= head)
        return found;
    power_sums(logits, size, (float)best[head], (float)unit, sums);
    for (int node = 0; node < NODES; node++) {
        double weight = node ? sums[node - 1] - head : count;
        given[node] = log(weight);
        if (node < NODES - 1)
            given[NODES + node] = sums[4 + node] / unit / weight;
        if (!(isfinite(sums[node + 4]) && weight > 0.0 && weight <= DBL_MAX))
            return found;
    }
    mean = sums[4] / unit / count;
    given[2 * NODES - 1] = fmax(sums[8] / unit / unit / count - mean * mean, 0.0);
    for (int row = 0; row < NODES + 2; row++) {
        rest[row] = 0.0;
        for (int i = 0; i < 2 * NODES; i++)
            rest[row] += rules->rest[row][i] * given[i];
    }
    for (int node = 0; node < NODES; node++) {
        nodes->value[node] = given[node];
        nodes->slope[node] = node < NODES - 1 ? given[NODES + node] : rest[0];
        nodes->curvature[node] = node ? rest[node] : given[2 * NODES - 1];
        share[node] = share_of_tail(best, head, rules->beta[node], given[node]);
    }
    for (int node = 1; node < NODES; node++) {
        double here = nodes->curvature[node - 1], next = nodes->curvature[node];
        const double *change = rules->curvature_change[node - 1];
        if (!(change[0] * here <= next && next <= change[1] * here))
            return found;
    }
    *measured = are_small(rest + NODES, share, rules)
        && reaches_far_enough(nodes, best, head, rules);
    return found;
}

/* Weigh each token by 2^((logit - maximum) * unit); return the sum of all weights.
 *
 * A weight below 2^-126 is put as 0. */
EXPORTED FOR_EACH_PROCESSOR double kelvin_weigh(
    const float *logits, int64_t size, float maximum, float unit, float *weights)
{
    const float lowest = lowest_exponent(unit);
    double total = 0.0;
    for (int64_t start = 0; start < size; start += SUMMED) {
        const float *row = logits + start;
        float *out = weights + start;
        int count = size - start < SUMMED ? (int)(size - start) : SUMMED;
        float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < count; i++) {
            float x = (row[i] - maximum) * unit;
            float weight = two_to(x > lowest ? x : lowest);
            weight = x > lowest ? weight : 0.0f;
            out[i] = weight;
            sum += weight;
        }
        total += sum;
    }
    return total;
}

/* Count the tokens above a logit, and add up what they weigh. */
static inline int64_t above(
    const float *logits, const float *weights, int count, float most, double *heavier)
{
    int better = 0;
    float weight = 0.0f;
#pragma omp simd reduction(+ : better, weight)
    for (int i = 0; i < count; i++) {
        int is_better = logits[i] > most;
        float weighed = weights[i];
        better += is_better;
        weight += is_better ? weighed : 0.0f;
    }
    *heavier += weight;
    return better;
}

/* Find the tokens with logits from `least` to `most`, in the order of their ids.
 *
 * `places` takes their ids, and has room for `room`; `better` takes how many are better than all of
 * them, and `heavier` what these weigh. Returns how many were found, or -1 where there may be more
 * than there is room for. */
EXPORTED FOR_EACH_PROCESSOR int64_t kelvin_between(
    const float *logits, const float *weights, int64_t size, float least, float most,
    int64_t *places, int64_t room, int64_t *better, double *heavier)
{
    int64_t found = 0, start = 0;
    *better = 0;
    *heavier = 0.0;
    for (; start <= size - SUMMED; start += SUMMED)
        *better += above(logits + start, weights + start, SUMMED, most, heavier);
    *better += above(logits + start, weights + start, (int)(size - start), most, heavier);
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
