using System.Reflection;
using VkSparseGrad.Autograd;
using VkSparseGrad.Conformance;
using VkSparseGrad.Conformance.Gradients;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Layers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Tests.Autograd;

/// <summary>Every gradient rule of the tape, on both implementations.</summary>
[TestClass]
public sealed class TapeGradientTests
{
    public static IEnumerable<object[]> Names => TapeCases.ByName.Keys.Select(name => new object[] { name });

    public static string DisplayName(MethodInfo method, object[] data) => $"{method.Name}: {data[0]}";

    [TestMethod]
    [DynamicData(nameof(Names), DynamicDataDisplayName = nameof(DisplayName))]
    public void Gradients_are_the_differences_of_the_loss(string name)
    {
        using var reference = new ReferenceKernels();

        Assert.IsNull(GradientRun.Judge(TapeCases.ByName[name], reference).Fault);
        Assert.IsNull(GradientRun.Judge(TapeCases.ByName[name], TestDevice.Kernels).Fault);
        Assert.AreEqual(0, reference.CurrentMemory.Total);
    }

    /// <summary>Field case 64: a pruned backward pass that gives something else.</summary>
    [TestMethod]
    [DynamicData(nameof(Names), DynamicDataDisplayName = nameof(DisplayName))]
    public void One_leaf_alone_has_its_gradient_and_frozen_parameters_have_none(string name)
    {
        using var kernels = new ReferenceKernels();
        using var run = new TapeRun(kernels, TapeCases.ByName[name].Loss);
        double[]?[] whole = run.Gradients();
        for (int only = 0; only < whole.Length; only++)
        {
            run.Only = only;
            double[]?[] pruned = run.Gradients();

            CollectionAssert.AreEqual(whole[only], pruned[only], $"leaf {only}");
            for (int other = 0; other < pruned.Length; other++)
            {
                Assert.IsTrue(other == only || !run.Leaves[other].IsParameter || pruned[other] is null, $"Frozen leaf {other} has a gradient.");
            }
        }
    }

    [TestMethod]
    [DataRow(2, 4, 3)]
    [DataRow(5, 4, 3)]
    [DataRow(2, 3, 4)]
    [DataRow(5, 3, 4)]
    public void All_kept_coefficients_are_the_rotated_dense_gradient(int rows, int outputs, int inputs)
    {
        using var kernels = new ReferenceKernels();
        using var plain = new TapeRun(kernels, run =>
            run.Weigh(run.Tape.Linear(run.Input(rows, inputs), run.Parameter(outputs, inputs), run.Parameter(1, outputs))));
        using var sparse = new TapeRun(kernels, run =>
        {
            Variable x = run.Input(rows, inputs);
            return run.Weigh(run.Tape.SparseGradLinear(x, run.SparseGrad(outputs, inputs, isRotated: true), run.Parameter(1, outputs)));
        });
        double[] dense = plain.Gradients()[1]!, rotated = sparse.Gradients()[1]!;

        // The random values are drawn in the same order and number, so x and dy are the same.
        CollectionAssert.AreEqual(plain.Leaves[0].Values, sparse.Leaves[0].Values);
        SparseGradBasis basis = sparse.Basis(outputs, inputs);
        double[] small = kernels.Values(basis.Small).ToArray(), large = kernels.Values(basis.Large).ToArray();
        int d = basis.Small.Rows, side = basis.Large.Rows;
        for (int place = 0; place < rotated.Length; place++)
        {
            int s = place / side, l = place % side;
            double expected = 0;
            for (int i = 0; i < d; i++)
            {
                for (int j = 0; j < side; j++)
                {
                    double gradient = basis.SmallSideIsInput ? dense[j * inputs + i] : dense[i * inputs + j];
                    expected += small[s * d + i] * gradient * large[l * side + j];
                }
            }

            Assert.AreEqual(expected, rotated[place], 1e-12 * Math.Max(1, Math.Abs(expected)), $"coefficient ({s}, {l})");
        }
    }

    [TestMethod]
    public void An_observed_gradient_is_handed_over_and_not_kept()
    {
        double[] seen = [];
        using var kernels = new ReferenceKernels();
        using var run = new TapeRun(kernels, subject =>
        {
            Parameter weight = subject.Parameter(2, 3);
            weight.GradientObserver = gradient => seen = kernels.Values(gradient).ToArray();
            return subject.Weigh(subject.Tape.Linear(subject.Input(4, 3), weight, subject.Parameter(1, 2)));
        });

        double[]?[] gradients = run.Gradients();

        Assert.IsNull(gradients[0]);
        Assert.HasCount(6, seen);
    }

    [TestMethod]
    public void Every_op_has_a_case()
    {
        IEnumerable<string> ops = typeof(Tape).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => method.ReturnType == typeof(Variable) || method.ReturnType == typeof(Tensor))
            .Select(method => method.Name).Distinct();

        string[] missing = [.. ops.Except(TapeCases.ByName.Values.Select(item => item.Op))];

        Assert.IsGreaterThan(5, ops.Count());
        Assert.IsEmpty(missing, string.Join(", ", missing));
    }
}
