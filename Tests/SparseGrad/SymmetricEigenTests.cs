using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using CsCheck;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Tests.SparseGrad;

[TestClass]
public class SymmetricEigenTests
{
    private const double Tolerance = 1e-13;

    [TestMethod]
    [DataRow(1), DataRow(2), DataRow(3), DataRow(5), DataRow(31), DataRow(32), DataRow(33), DataRow(65), DataRow(129)]
    [DataRow(400)]
    public void Laplacian_has_its_analytic_spectrum(int n)
    {
        var a = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            a[(i * n) + i] = 2;
            if (i + 1 < n)
                a[(i * n) + i + 1] = -1;
        }

        var eigen = DecomposeAndCheck(a, n);
        for (var k = 0; k < n; k++)
            Assert.AreEqual(2 + (2 * Math.Cos((k + 1) * Math.PI / (n + 1))), eigen.Values[k], 4 * Tolerance);
    }

    [TestMethod]
    [DataRow(1), DataRow(2), DataRow(3), DataRow(5), DataRow(31), DataRow(32), DataRow(33), DataRow(65), DataRow(129)]
    [DataRow(400)]
    public void Prescribed_spectrum_comes_back(int n)
    {
        var random = new Random(n);
        var spectrum = Falling(n, _ => (2 * random.NextDouble()) - 1);
        AssertSpectrum(spectrum, DecomposeAndCheck(WithSpectrum(spectrum, random), n));
    }

    [TestMethod]
    [DataRow(5), DataRow(33), DataRow(129), DataRow(300)]
    public void Graded_spectrum_comes_back_to_the_accuracy_of_the_norm(int n)
    {
        var spectrum = Falling(n, i => Math.Pow(10, -20.0 * i / (n - 1)));
        AssertSpectrum(spectrum, DecomposeAndCheck(WithSpectrum(spectrum, new Random(n)), n));
    }

    [TestMethod]
    [DataRow(33), DataRow(129), DataRow(300)]
    public void Repeated_and_clustered_eigenvalues_keep_orthogonal_vectors(int n)
    {
        var repeated = Falling(n, i => i % 3);
        AssertSpectrum(repeated, DecomposeAndCheck(WithSpectrum(repeated, new Random(n)), n));
        var clustered = Falling(n, i => (i % 4) + (1e-14 * i));
        AssertSpectrum(clustered, DecomposeAndCheck(WithSpectrum(clustered, new Random(n)), n));
    }

    [TestMethod]
    [DataRow(40, 1), DataRow(129, 10), DataRow(129, 128), DataRow(300, 100)]
    public void Gram_matrix_of_low_rank_has_zeros_beyond_its_rank(int n, int rank)
    {
        var random = new Random(n + rank);
        var factors = new double[n * rank];
        for (var i = 0; i < factors.Length; i++)
            factors[i] = random.NextDouble() - 0.5;
        var a = new double[n * n];
        for (var i = 0; i < n; i++)
        for (var j = 0; j < n; j++)
            a[(i * n) + j] = Dot(factors.AsSpan(i * rank, rank), factors.AsSpan(j * rank, rank));

        var eigen = DecomposeAndCheck(a, n);
        Assert.IsGreaterThan(1e-8 * eigen.Values[0], eigen.Values[rank - 1]);
        for (var k = rank; k < n; k++)
            Assert.AreEqual(0, eigen.Values[k] / eigen.Values[0], Tolerance);
    }

    [TestMethod]
    [DataRow(1e-4), DataRow(1e-8), DataRow(1e-14), DataRow(0)]
    public void Glued_Wilkinson_matrices_keep_orthogonal_vectors(double glue)
    {
        const int block = 21;
        const int n = 10 * block;
        var a = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            a[(i * n) + i] = Math.Abs((i % block) - (block / 2));
            if (i + 1 < n)
                a[(i * n) + i + 1] = (i + 1) % block == 0 ? glue : 1;
        }

        // W21+ has its two greatest eigenvalues at 10.746194182903393 and 10.746194182903322 (Wilkinson 1965, p. 309).
        var eigen = DecomposeAndCheck(a, n);
        Assert.AreEqual(10.7461941829033, eigen.Values[0], glue + 1e-12);
        Assert.AreEqual(10.7461941829033, eigen.Values[9], glue + 1e-12);
    }

    [TestMethod]
    [DataRow(1), DataRow(2), DataRow(3), DataRow(40), DataRow(150)]
    public void Diagonal_matrix_gives_its_sorted_elements_and_unit_vectors(int n)
    {
        var a = new double[n * n];
        for (var i = 0; i < n; i++)
            a[(i * n) + i] = (i * 7 % n) - 2.5;

        var eigen = DecomposeAndCheck(a, n);
        for (var i = 0; i < n; i++)
        {
            var value = a[(i * n) + i];
            var row = Array.IndexOf(eigen.Values, value);
            Assert.IsGreaterThanOrEqualTo(0, row);
            if (row == Array.LastIndexOf(eigen.Values, value))
                Assert.AreEqual(1.0, eigen.Vectors[(row * n) + i]);
        }
    }

    [TestMethod]
    [DataRow(1, 0), DataRow(7, 0), DataRow(100, 0), DataRow(1, 1), DataRow(7, 1), DataRow(100, 1)]
    public void Zero_and_identity_give_the_unit_vectors_in_order(int n, double value)
    {
        var a = new double[n * n];
        var identity = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            a[(i * n) + i] = value;
            identity[(i * n) + i] = 1;
        }

        var eigen = SymmetricEigen.Decompose(a, n);
        CollectionAssert.AreEqual(Enumerable.Repeat(value, n).ToArray(), eigen.Values);
        CollectionAssert.AreEqual(identity, eigen.Vectors);
    }

    [TestMethod]
    public void Order_zero_gives_nothing()
    {
        var eigen = SymmetricEigen.Decompose([], 0);
        Assert.IsEmpty(eigen.Values);
        Assert.IsEmpty(eigen.Vectors);
    }

    [TestMethod]
    [DataRow(1e300), DataRow(1e-300), DataRow(1e-310)]
    public void Extreme_magnitudes_neither_overflow_nor_underflow(double scale)
    {
        var eigen = SymmetricEigen.Decompose([2 * scale, scale, scale, 2 * scale], 2);
        Assert.AreEqual(3, eigen.Values[0] / scale, 1e-12);
        Assert.AreEqual(1, eigen.Values[1] / scale, 1e-12);
        Assert.AreEqual(Math.Sqrt(0.5), eigen.Vectors[0], 1e-12);
    }

    [TestMethod]
    public void Elements_that_differ_by_more_than_the_square_root_of_the_range_are_handled()
    {
        const int n = 50;
        var a = new double[n * n];
        for (var i = 0; i < n; i++)
        for (var j = i; j < n; j++)
            a[(i * n) + j] = Math.Pow(10, -6 * Math.Min(300.0 / 6, i + j)) * (1 + ((i * j) % 3));
        DecomposeAndCheck(a, n);
    }

    [TestMethod]
    public void Any_small_matrix_is_decomposed() =>
        (from n in Gen.Int[1, 40]
         from elements in Gen.Frequency(
             (4, Gen.Double[-1, 1]), (2, Gen.Const(0.0)), (1, Gen.Int[-3, 3].Select(i => (double)i)),
             (1, Gen.Double[-1, 1].Select(x => x * 1e-9))).Array[n * n]
         from exponent in Gen.Int[-20, 20]
         select (n, elements.Select(x => x * Math.Pow(10, exponent)).ToArray()))
        .Sample((n, a) => { DecomposeAndCheck(a, n); }, iter: 300);

    [TestMethod]
    public void Repeating_gives_the_same_bits_on_any_number_of_threads()
    {
        // Above the order from which products with vectors are spread over threads.
        const int n = 800;
        var random = new Random(3);
        var a = new double[n * n];
        for (var i = 0; i < a.Length; i++)
            a[i] = random.NextDouble() - 0.5;

        var first = SymmetricEigen.Decompose(a, n);
        var again = SymmetricEigen.Decompose(a, n);
        // Everything that runs in parallel below this scheduler runs on one thread.
        var oneThread = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, 1).ExclusiveScheduler;
        var alone = Task.Factory.StartNew(
            () => SymmetricEigen.Decompose(a, n), CancellationToken.None, TaskCreationOptions.None, oneThread).Result;
        foreach (var other in new[] { again, alone })
        {
            Assert.IsTrue(Bits(first.Values).SequenceEqual(Bits(other.Values)));
            Assert.IsTrue(Bits(first.Vectors).SequenceEqual(Bits(other.Vectors)));
        }
    }

    [TestMethod]
    public void Only_the_upper_triangle_is_read()
    {
        double[] a = [4, 1, 2, double.NaN, 3, 0.5, double.PositiveInfinity, double.NaN, 1];
        double[] symmetric = [4, 1, 2, 1, 3, 0.5, 2, 0.5, 1];
        CollectionAssert.AreEqual(SymmetricEigen.Decompose(symmetric, 3).Vectors, SymmetricEigen.Decompose(a, 3).Vectors);
    }

    [TestMethod]
    [DataRow(double.NaN), DataRow(double.PositiveInfinity), DataRow(double.NegativeInfinity)]
    public void Elements_that_are_not_finite_are_refused(double element)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => SymmetricEigen.Decompose([1, element, 0, 1], 2));
        StringAssert.Contains(error.Message, "not finite");
    }

    [TestMethod]
    public void Wrong_sizes_are_refused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => SymmetricEigen.Decompose([1, 2, 3], 2));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => SymmetricEigen.Decompose([1], -1));
    }

    [TestMethod]
    public void Cancellation_ends_the_work() =>
        Assert.ThrowsExactly<OperationCanceledException>(
            () => SymmetricEigen.Decompose(new double[400 * 400], 400, new CancellationToken(canceled: true)));

    [TestMethod]
    [DataRow("intermediate", "in", "P"), DataRow("intermediate", "out", "Q")]
    [DataRow("output", "in", "P"), DataRow("output", "out", "Q")]
    public void Golden_Gram_matrices_give_the_golden_eigenvectors(string layer, string side, string basis)
    {
        var gram = ReadGolden($"{layer}/gram_{side}");
        var values = ReadGolden($"{layer}/eigenvalues_{side}");
        var columns = ReadGolden($"{layer}/{basis}");
        var n = values.Length;

        var eigen = DecomposeAndCheck(gram, n);
        AssertSpectrum(values, eigen);
        for (var k = 0; k < n; k++)
        {
            var column = Enumerable.Range(0, n).Select(i => columns[(i * n) + k]).ToArray();
            // A gap between eigenvalues magnifies the rounding of the matrix in the vectors by its inverse.
            var gap = Math.Min(
                k == 0 ? double.PositiveInfinity : values[k - 1] - values[k],
                k == n - 1 ? double.PositiveInfinity : values[k] - values[k + 1]);
            Assert.AreEqual(
                1, Math.Abs(Dot(column, eigen.Vectors.AsSpan(k * n, n))), 1e-13 * values[0] / gap,
                $"{layer}/{basis} column {k}");
        }
    }

    private static SymmetricEigen DecomposeAndCheck(double[] upper, int n)
    {
        var eigen = SymmetricEigen.Decompose(upper, n);
        var (values, vectors) = (eigen.Values, eigen.Vectors);
        var a = new double[n * n];
        for (var i = 0; i < n; i++)
        for (var j = 0; j < n; j++)
            a[(i * n) + j] = upper[(Math.Min(i, j) * n) + Math.Max(i, j)];
        var norm = values.Max(Math.Abs);
        for (var k = 0; k < n; k++)
        {
            var vector = vectors.AsSpan(k * n, n);
            var squares = 0.0;
            for (var i = 0; i < n; i++)
            {
                var residual = Dot(a.AsSpan(i * n, n), vector) - (values[k] * vector[i]);
                squares += residual * residual;
            }

            Assert.IsLessThanOrEqualTo(Tolerance * norm, Math.Sqrt(squares), $"residual of vector {k}");
            for (var j = 0; j <= k; j++)
                Assert.AreEqual(
                    j == k ? 1 : 0, Dot(vector, vectors.AsSpan(j * n, n)), Tolerance, $"product of vectors {j} and {k}");
            Assert.IsTrue(k == 0 || values[k] <= values[k - 1], "falling eigenvalues");
            Assert.IsGreaterThan(0, vector.ToArray().MaxBy(Math.Abs), "sign");
        }

        return eigen;
    }

    private static void AssertSpectrum(double[] expected, SymmetricEigen eigen)
    {
        var norm = expected.Max(Math.Abs);
        for (var k = 0; k < expected.Length; k++)
            Assert.AreEqual(expected[k], eigen.Values[k], Tolerance * norm, $"eigenvalue {k}");
    }

    private static double[] Falling(int n, Func<int, double> value) =>
        [.. Enumerable.Range(0, n).Select(value).OrderDescending()];

    /// <summary>A diagonal matrix between random reflections.</summary>
    private static double[] WithSpectrum(double[] spectrum, Random random)
    {
        var n = spectrum.Length;
        var a = new double[n * n];
        for (var i = 0; i < n; i++)
            a[(i * n) + i] = spectrum[i];
        var v = new double[n];
        for (var repeat = 0; repeat < 3; repeat++)
        {
            for (var i = 0; i < n; i++)
                v[i] = random.NextDouble() - 0.5;
            // With w = A·v/(vᵀv): (I − 2·v·vᵀ/vᵀv)·A·(the same) = A − 2·v·wᵀ − 2·w·vᵀ + 4·(vᵀw)/(vᵀv)·v·vᵀ.
            var squares = Dot(v, v);
            var w = Enumerable.Range(0, n).Select(i => Dot(a.AsSpan(i * n, n), v) / squares).ToArray();
            var factor = 4 * Dot(v, w) / squares;
            for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
                a[(i * n) + j] += (factor * v[i] * v[j]) - (2 * ((v[i] * w[j]) + (w[i] * v[j])));
        }

        return a;
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }

    private static ReadOnlySpan<ulong> Bits(double[] values) => MemoryMarshal.Cast<double, ulong>(values);

    private static double[] ReadGolden(string name)
    {
        var file = File.ReadAllBytes(
            Path.Combine(AppContext.BaseDirectory, "golden", "tiny-bert-sparsegrad", "golden.safetensors"));
        var header = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        using var json = JsonDocument.Parse(file.AsMemory(8, header));
        var tensor = json.RootElement.GetProperty(name);
        Assert.AreEqual("F64", tensor.GetProperty("dtype").GetString());
        var offsets = tensor.GetProperty("data_offsets");
        var (from, to) = (offsets[0].GetInt32(), offsets[1].GetInt32());
        return MemoryMarshal.Cast<byte, double>(file.AsSpan(8 + header + from, to - from)).ToArray();
    }
}
