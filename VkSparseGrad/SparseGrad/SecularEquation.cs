using System.Runtime.Intrinsics;

namespace VkSparseGrad.SparseGrad;

/// <summary>
/// The eigenvalues of D + ρ·z·zᵀ, D diagonal with rising elements d and ρ positive: the roots of
/// f(λ) = 1/ρ + Σ zᵢ²/(dᵢ − λ), one above each d.
/// </summary>
/// <remarks>
/// R.-C. Li, "Solving secular equations stably and efficiently", LAPACK Working Note 89, 1993: a root is found as an
/// offset from the nearer of its two neighbouring poles, so that its distance to every pole is accurate, and f is replaced
/// by a rational function with these two poles that has the values and slopes of its rising and falling parts ("the middle
/// way"). Every step is kept within a bracket, which is halved where the step fails.
/// </remarks>
internal readonly unsafe struct SecularEquation(int count, double* poles, double* weights, double rho)
{
    private const int StepLimit = 200;
    private const double Epsilon = 2.220446049250313e-16;

    private readonly double _constant = 1 / rho;

    /// <summary>A root: the pole that it is measured from, and its distance from it.</summary>
    internal readonly record struct Root(int Origin, double Offset);

    /// <summary>Finds the root above pole <paramref name="index"/> and, unless it is the last, below the next.</summary>
    internal Root Solve(int index)
    {
        if (count == 1)
            return new Root(0, rho * weights[0]);
        return index == count - 1 ? SolveLast() : SolveBetween(index);
    }

    private Root SolveLast()
    {
        // f < 0 where the last term alone outweighs 1/ρ, f > 0 where all terms could not if they were all as near.
        var last = count - 1;
        var total = 0.0;
        for (var i = 0; i < count; i++)
            total += weights[i];
        var (low, high) = (0.5 * rho * weights[last], 1.0001 * rho * total);
        return new Root(last, Iterate(last, last, low, high, 0.5 * high));
    }

    private Root SolveBetween(int index)
    {
        var gap = poles[index + 1] - poles[index];
        var half = 0.5 * gap;
        var below = Sum(0, index + 1, poles[index], half);
        var above = Sum(index + 1, count, poles[index], half);
        var (left, right) = (weights[index], weights[index + 1]);
        var middle = _constant + below.Value + above.Value;
        // What is left of f at the middle without the two nearest terms, taken as constant for the first guess.
        var rest = middle + (left / half) - (right / half);
        if (middle >= 0)
        {
            // The terms above are at most what they are in the middle, so the nearest term bounds the root from below.
            var nearest = Math.Min(half, 0.5 * left / (_constant + above.Value));
            var guess = SmallRoot((rest * gap) + left + right, left * gap, rest);
            return new Root(index, Iterate(index, index + 1, nearest, half, guess));
        }
        else
        {
            var nearest = -Math.Min(half, 0.5 * right / -(_constant + below.Value));
            var guess = SmallRoot(left + right - (rest * gap), -right * gap, rest);
            return new Root(index + 1, Iterate(index + 1, index + 1, -half, nearest, guess));
        }
    }

    /// <summary>Finds the offset of a root from a pole.</summary>
    /// <param name="origin">The pole that offsets are measured from.</param>
    /// <param name="split">The first of the poles of which the terms are summed, and modelled, as the upper part.</param>
    /// <param name="low">An offset at or below the root, of the same sign as the root's.</param>
    /// <param name="high">An offset at or above the root, of the same sign.</param>
    /// <param name="offset">A first guess.</param>
    private double Iterate(int origin, int split, double low, double high, double offset)
    {
        var isLast = origin == split && origin == count - 1 && low > 0;
        var zero = poles[origin];
        var (leftPole, rightPole) = (poles[split - 1] - zero, poles[split] - zero);
        if (!(offset > low && offset < high))
            offset = Between(low, high);
        var previous = double.PositiveInfinity;
        for (var step = 0; step < StepLimit; step++)
        {
            var lower = Sum(0, split, zero, offset);
            var upper = Sum(split, count, zero, offset);
            var f = _constant + lower.Value + upper.Value;
            var slope = lower.Slope + upper.Slope;
            // The second part is what one unit in the last place of the offset is worth.
            var rounding = Epsilon * ((2 * (_constant + Math.Abs(lower.Value) + Math.Abs(upper.Value)))
                + (Math.Abs(offset) * slope));
            if (Math.Abs(f) <= rounding)
                return offset;
            if (f < 0)
                low = offset;
            else
                high = offset;
            if (high - low <= 2 * Epsilon * Math.Min(Math.Abs(low), Math.Abs(high)))
                return offset;

            var (left, right) = (leftPole - offset, rightPole - offset);
            var a = ((left + right) * f) - (left * right * slope);
            var b = left * right * f;
            var c = f - (left * lower.Slope) - (right * upper.Slope);
            var next = offset + (isLast ? LargeRoot(a, b, c) : SmallRoot(a, b, c));
            // Too slow a fall of f means that the model does not fit; not-a-number fails the comparison too.
            var usable = Math.Abs(f) <= 0.5 * previous && next > low && next < high;
            previous = Math.Abs(f);
            offset = usable ? next : Between(low, high);
        }

        throw new ArithmeticException(
            $"No root of the secular equation of {count} terms was found in {StepLimit} steps.");
    }

    /// <summary>The middle of a bracket; of its exponents, where its ends are of very different size.</summary>
    private static double Between(double low, double high)
    {
        var (small, large) = (Math.Min(Math.Abs(low), Math.Abs(high)), Math.Max(Math.Abs(low), Math.Abs(high)));
        var size = large > 4 * small ? Math.Sqrt(small) * Math.Sqrt(large) : 0.5 * (small + large);
        return low < 0 ? -size : size;
    }

    /// <summary>The root of c·x² − a·x + b = 0 that tends to b/a as c vanishes, without cancellation.</summary>
    private static double SmallRoot(double a, double b, double c)
    {
        var root = Math.Sqrt(Math.Abs((a * a) - (4 * b * c)));
        return a > 0 ? 2 * b / (a + root) : (a - root) / (2 * c);
    }

    /// <summary>The other root of c·x² − a·x + b = 0.</summary>
    private static double LargeRoot(double a, double b, double c)
    {
        var root = Math.Sqrt(Math.Abs((a * a) - (4 * b * c)));
        return a >= 0 ? (a + root) / (2 * c) : 2 * b / (a - root);
    }

    /// <summary>Σ wᵢ/(dᵢ − λ) and its slope Σ wᵢ/(dᵢ − λ)² over some poles, λ = origin + offset.</summary>
    private (double Value, double Slope) Sum(int from, int to, double origin, double offset)
    {
        Vector256<double> v0 = default, v1 = default, s0 = default, s1 = default;
        var (o, t) = (Vector256.Create(origin), Vector256.Create(offset));
        var i = from;
        for (; i <= to - 8; i += 8)
        {
            var r0 = Vector256<double>.One / (Vector256.Load(poles + i) - o - t);
            var r1 = Vector256<double>.One / (Vector256.Load(poles + i + 4) - o - t);
            var q0 = Vector256.Load(weights + i) * r0;
            var q1 = Vector256.Load(weights + i + 4) * r1;
            v0 += q0;
            v1 += q1;
            s0 = Vector256.FusedMultiplyAdd(q0, r0, s0);
            s1 = Vector256.FusedMultiplyAdd(q1, r1, s1);
        }

        var value = Vector256.Sum(v0 + v1);
        var slope = Vector256.Sum(s0 + s1);
        for (; i < to; i++)
        {
            var r = 1 / (poles[i] - origin - offset);
            var q = weights[i] * r;
            value += q;
            slope += q * r;
        }

        return (value, slope);
    }
}
