using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;

namespace VkSparseGrad.Tests.SparseGrad;

/// <summary>Weights that choose their coefficients together.</summary>
[TestClass]
public sealed class PendingChoicesTests
{
    private const int Small = 4, Coordinates = 20, Kept = 70;

    /// <summary>Bytes of the coefficients that a weight chooses from.</summary>
    private const int Waiting = Small * Coordinates * sizeof(float);

    [TestMethod]
    [DataRow(false, true)]
    [DataRow(false, false)]
    [DataRow(true, true)]
    [DataRow(true, false)]
    public void Weights_choose_together_what_they_choose_alone(bool onDevice, bool isRotated)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        var pending = new PendingChoices(kernels);
        using var scope = DisposeScope.Open();
        Subject[] together = [.. Enumerable.Range(0, 3).Select(i => scope.Add(new Subject(kernels, pending, i, isRotated)))];
        Subject[] alone =
            [.. Enumerable.Range(0, 3).Select(i => scope.Add(new Subject(kernels, new PendingChoices(kernels), i, isRotated)))];
        for (int step = 0; step < 3; step++)
        {
            Array.ForEach(together, subject => subject.Take(step));
            foreach ((Subject subject, Subject other) in together.Reverse().Zip(alone.Reverse()))
            {
                other.Take(step);
                (uint[] expectedIndices, float[] expectedValues) = other.Chosen();
                (uint[] indices, float[] values) = subject.Chosen();
                CollectionAssert.AreEqual(expectedIndices, indices);
                CollectionAssert.AreEqual(expectedValues, values);
                Assert.IsTrue(Array.Exists(values, value => value != 0));
            }
        }

        CollectionAssert.AreNotEqual(together[0].Chosen().Values, together[1].Chosen().Values);
    }

    /// <summary>What waits has all its coefficients in memory, and no kept ones.</summary>
    [TestMethod]
    public void More_than_may_wait_is_chosen_at_once()
    {
        using var device = new WatchedDevice(new DeviceOptions());
        var pending = new PendingChoices(device.Kernels, limit: 2 * Waiting);
        using var scope = DisposeScope.Open();
        Subject[] subjects = [.. Enumerable.Range(0, 3).Select(i => scope.Add(new Subject(device.Kernels, pending, i, isRotated: true)))];
        Array.ForEach(subjects, subject => subject.Take(0));
        Array.ForEach(subjects, subject => subject.Weight.ClearGradient());
        long none = Gradients();

        subjects[0].Take(1);
        long waiting = Gradients() - none;
        subjects[1].Take(1);
        Assert.AreEqual(2 * waiting, Gradients() - none);
        subjects[2].Take(1);
        long chosen = Gradients() - none;
        Assert.AreEqual(3 * 2 * waiting, chosen, "the kept entries, of which there are many, and their places");
        subjects[0].Chosen();

        Assert.AreEqual(chosen, Gradients() - none, "nothing was left to choose");
        Array.ForEach(subjects, subject => subject.Weight.ClearGradient());
        Assert.AreEqual(none, Gradients());

        long Gradients() => device.Kernels.CurrentMemory[MemoryCategory.Gradients];
    }

    /// <summary>A batch of few rows frees less than its weight's coefficients take.</summary>
    [TestMethod]
    public void A_batch_of_few_rows_is_chosen_from_at_once()
    {
        using var device = new WatchedDevice(new DeviceOptions());
        using var subject = new Subject(device.Kernels, new PendingChoices(device.Kernels), 0, isRotated: true);
        subject.Take(0);
        subject.Weight.BeginStep(1, 1);
        long before = device.Kernels.CurrentMemory[MemoryCategory.Gradients];

        subject.Add(seed: 3, rows: 1);

        long after = device.Kernels.CurrentMemory[MemoryCategory.Gradients];
        subject.Chosen();
        Assert.IsGreaterThan(before, after);
        Assert.AreEqual(after, device.Kernels.CurrentMemory[MemoryCategory.Gradients]);
    }

    /// <summary>A weight that forgets its gradient, or is gone, takes nothing from those that wait beside it.</summary>
    [TestMethod]
    public void A_weight_may_go_while_others_wait()
    {
        IKernels kernels = TestDevice.Choose(onDevice: true);
        var pending = new PendingChoices(kernels);
        using var scope = DisposeScope.Open();
        Subject[] subjects = [.. Enumerable.Range(0, 3).Select(i => scope.Add(new Subject(kernels, pending, i, isRotated: false)))];
        using var alone = new Subject(kernels, new PendingChoices(kernels), 1, isRotated: false);
        foreach (int step in (int[])[0, 1])
        {
            Array.ForEach(subjects, subject => subject.Take(step));
            alone.Take(step);
        }

        subjects[0].Weight.ClearGradient();
        subjects[2].Dispose();

        Assert.IsNull(subjects[0].Weight.Gradient);
        CollectionAssert.AreEqual(alone.Chosen().Values, subjects[1].Chosen().Values);
    }

    /// <summary>A batch that no beginning of a step announced replaces the gradient before it, chosen or not.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Another_batch_replaces_what_waits(bool asks)
    {
        IKernels kernels = TestDevice.Choose(onDevice: false);
        using var subject = new Subject(kernels, new PendingChoices(kernels), 1, isRotated: true);
        using var other = new Subject(kernels, new PendingChoices(kernels), 1, isRotated: true);
        subject.Take(0);
        other.Take(0);
        subject.Take(1);
        if (asks)
        {
            subject.Chosen();
        }

        subject.Add(seed: 7);
        other.Weight.BeginStep(1, 1);
        other.Add(seed: 7);

        CollectionAssert.AreEqual(other.Chosen().Indices, subject.Chosen().Indices);
        CollectionAssert.AreEqual(other.Chosen().Values, subject.Chosen().Values);
    }

    /// <summary>A weight that refreshes on the first step, where it chooses alone, and then on none.</summary>
    private sealed class Subject : IDisposable
    {
        private const int Large = 24, Rows = 9;
        private readonly IKernels kernels;
        private readonly int seed;
        private readonly SparseGradBasis basis;
        private bool isDisposed;

        public Subject(IKernels kernels, PendingChoices pending, int seed, bool isRotated)
        {
            (this.kernels, this.seed) = (kernels, seed);
            basis = SparseGradBasis.Create(kernels, Large, Small, RandomBasis.Orthogonal(Large), RandomBasis.Orthogonal(Small));
            using Tensor dense = kernels.FromArray(new Shape(Large, Small), new RandomValues(3).Normal(Large * Small));
            var selection = Selection.AmongCoordinates(CoordinateCount.Number(Coordinates), 100);
            Weight = new SparseGradWeight(kernels, "weight", dense, basis, Kept, selection, isRotated, pending);
        }

        public SparseGradWeight Weight { get; }

        /// <summary>The gradient of a step, whose entries nobody asks for.</summary>
        public void Take(int step)
        {
            Weight.BeginStep(step, 1);
            Add((ulong)(10 * step + seed));

            // As an update does; without one the next step would choose coordinates again.
            if (step == 0)
            {
                Weight.MoveMoments();
            }
        }

        public void Add(ulong seed, int rows = Rows)
        {
            var random = new RandomValues(seed);
            using Tensor meetsSmall = kernels.FromArray(new Shape(rows, Small), random.Normal(rows * Small));
            using Tensor meetsLarge = kernels.FromArray(new Shape(rows, Large), random.Normal(rows * Large));
            Weight.AddGradient(meetsSmall, meetsLarge);
        }

        public (uint[] Indices, float[] Values) Chosen() =>
            (kernels.ToIndexArray(Weight.Gradient!.Value.Indices), kernels.ToArray(Weight.Gradient.Value.Values));

        public void Dispose()
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
            Weight.Dispose();
            basis.Dispose();
        }
    }
}
