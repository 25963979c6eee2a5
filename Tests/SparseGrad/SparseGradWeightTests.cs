using VkSparseGrad.Conformance;
using VkSparseGrad.Kernels;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.SparseGrad;

/// <summary>Whether a weight is kept half-rotated or as it is changes the number of multiplications, and nothing else.</summary>
[TestClass]
public sealed class SparseGradWeightTests
{
    private static readonly Selection Eighth = Selection.AmongCoordinates(CoordinateCount.Share(0.125), 20);

    /// <summary>The shapes of BERT-base and all-MiniLM-L6-v2, 1 % kept, on either side of where both ways cost the same:
    /// (2 R d² + d R D - k D) / d² rows, of which each is rotated forward and backward.</summary>
    [TestMethod]
    [DataRow(3072, 768, 1090, true)]
    [DataRow(3072, 768, 1091, false)]
    [DataRow(768, 3072, 1090, true)]
    [DataRow(768, 3072, 1091, false)]
    [DataRow(1536, 384, 545, true)]
    [DataRow(1536, 384, 546, false)]
    public void A_step_of_few_rows_wants_a_half_rotated_weight(int outputs, int inputs, int rows, bool expected) =>
        Assert.AreEqual(expected, SparseGradWeight.RotationPays(new(outputs, inputs), outputs * inputs / 100, Eighth, 2 * rows));

    [TestMethod]
    public void Where_all_coefficients_are_looked_at_a_step_must_be_large()
    {
        foreach (Selection selection in (Selection[])[Selection.EveryStep, Selection.Refreshed(20), Selection.AmongCoordinates(CoordinateCount.All, 1)])
        {
            Assert.IsTrue(SparseGradWeight.RotationPays(new(3072, 768), 23593, selection, 18_000), selection.ToString());
            Assert.IsFalse(SparseGradWeight.RotationPays(new(3072, 768), 23593, selection, 19_000), selection.ToString());
        }
    }

    /// <summary>One update by the same batches, in up- and down-projections: the same entries, values and dense weight.</summary>
    [TestMethod]
    [DataRow(false, 13, 7)]
    [DataRow(false, 7, 13)]
    [DataRow(true, 13, 7)]
    [DataRow(true, 7, 13)]
    [DataRow(true, 68, 36)]
    [DataRow(true, 36, 68)]
    public void Both_ways_give_the_same_step(bool onDevice, int outputs, int inputs)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        foreach (Selection selection in (Selection[])[Selection.EveryStep, Selection.Refreshed(2), Selection.AmongCoordinates(CoordinateCount.Number(6), 2)])
        {
            (uint[] Indices, float[] Values, float[] Dense)[] steps = [Update(kernels, outputs, inputs, selection, true), Update(kernels, outputs, inputs, selection, false)];

            CollectionAssert.AreEqual(steps[0].Indices, steps[1].Indices, selection.ToString());
            AssertClose(steps[0].Values, steps[1].Values);
            AssertClose(steps[0].Dense, steps[1].Dense);
        }
    }

    /// <summary>Steps of a few dozen rows, of which the last block's weights meet one a sequence.</summary>
    [TestMethod]
    public void The_last_block_of_a_classifier_stays_half_rotated()
    {
        using BertClassifier model = TinyBert.Load(TestDevice.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(20), TinyBert.Options(TrainingMethod.SparseGrad));
        while (!trainer.BasesAreDue)
        {
            trainer.Step();
        }

        trainer.ComputeBases();

        CollectionAssert.AreEqual(
            new[] { false, false, false, false, true, true }, model.SparseGradLayers.Select(layer => layer.Weight.IsRotated).ToArray());
    }

    /// <summary>Where an update is refused its steps are zero, which must leave every bit as it is.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_step_of_nothing_changes_no_bit(bool isRotated)
    {
        using var subject = new Subject(TestDevice.Kernels, 13, 7, Eighth, isRotated);
        float[] before = subject.Kernels.ToArray(subject.Weight.Value);
        subject.Take(0);
        using Tensor delta = subject.Kernels.Zeros(Shape.Vector(Subject.Kept), MemoryCategory.Scratch);

        subject.Weight.Apply(delta);

        CollectionAssert.AreEqual(before, subject.Kernels.ToArray(subject.Weight.Value));
    }

    private static (uint[] Indices, float[] Values, float[] Dense) Update(
        IKernels kernels, int outputs, int inputs, Selection selection, bool isRotated)
    {
        using var subject = new Subject(kernels, outputs, inputs, selection, isRotated);
        subject.Take(0);
        subject.Take(1);
        (uint[] indices, float[] values) =
            (kernels.ToIndexArray(subject.Weight.Gradient!.Value.Indices), kernels.ToArray(subject.Weight.Gradient.Value.Values));
        using Tensor delta = kernels.FromArray(Shape.Vector(Subject.Kept), new RandomValues(9).Normal(Subject.Kept));
        subject.Weight.MoveMoments();
        subject.Weight.EnsureMemory();
        subject.Weight.Apply(delta);
        using Tensor dense = subject.Weight.ToDense(kernels);
        return (indices, values, kernels.ToArray(dense));
    }

    private static void AssertClose(float[] expected, float[] actual) =>
        Assert.IsLessThan(2e-6, Closeness.RelativeError(actual, Array.ConvertAll(expected, value => (double)value)));

    /// <summary>A weight under orthogonal bases.</summary>
    private sealed class Subject : IDisposable
    {
        public const int Kept = 11;
        private readonly RandomValues random = new(5);
        private readonly SparseGradBasis basis;

        public Subject(IKernels kernels, int outputs, int inputs, Selection selection, bool isRotated)
        {
            Kernels = kernels;
            basis = SparseGradBasis.Create(kernels, outputs, inputs, RandomBasis.Orthogonal(outputs), RandomBasis.Orthogonal(inputs));
            using Tensor dense = kernels.FromArray(new Shape(outputs, inputs), random.Normal(outputs * inputs));
            Weight = new SparseGradWeight(kernels, "weight", dense, basis, Kept, selection, isRotated);
        }

        public IKernels Kernels { get; }

        public SparseGradWeight Weight { get; }

        /// <summary>The gradient of a step, in two batches of other sizes.</summary>
        public void Take(int step)
        {
            Weight.BeginStep(step, 2);
            foreach (int rows in (int[])[3, 41])
            {
                int small = basis.Small.Rows, large = basis.Large.Rows;
                using Tensor meetsSmall = Kernels.FromArray(new Shape(rows, small), random.Normal(rows * small));
                using Tensor meetsLarge = Kernels.FromArray(new Shape(rows, large), random.Normal(rows * large));
                if (!Weight.IsRotated)
                {
                    Weight.AddGradient(meetsSmall, meetsLarge);
                    continue;
                }

                using Tensor rotated = Kernels.Allocate(meetsSmall.Shape, MemoryCategory.Scratch);
                Kernels.Matmul(meetsSmall, false, basis.Small, true, null, rotated);
                Weight.AddGradient(rotated, meetsLarge);
            }
        }

        public void Dispose()
        {
            Weight.Dispose();
            basis.Dispose();
        }
    }
}
