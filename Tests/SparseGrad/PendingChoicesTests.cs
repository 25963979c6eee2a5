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

    /// <summary>What waits has its coefficients in memory, which are fewer bytes than the many kept entries with their places.</summary>
    [TestMethod]
    [DataRow(true, 2)]
    [DataRow(false, 4)]
    public void No_more_wait_than_the_limit_allows(bool isRotated, int limit)
    {
        using var device = new WatchedDevice(new DeviceOptions());
        var pending = new PendingChoices(device.Kernels, limit * Small * Coordinates * sizeof(float));
        using var scope = DisposeScope.Open();
        Subject[] subjects = [.. Enumerable.Range(0, 5).Select(i => scope.Add(new Subject(device.Kernels, pending, i, isRotated)))];
        Array.ForEach(subjects, subject => subject.Take(0));
        Array.ForEach(subjects, subject => subject.Weight.ClearGradient());
        long none = Gradients();
        subjects[0].Take(1);
        long one = Gradients() - none, chosen = 2 * one;
        Array.ForEach(subjects, subject => subject.Weight.ClearGradient());

        // Twice: what was chosen or forgotten is out of the count.
        for (int round = 0; round < 2; round++)
        {
            subjects[4].Take(1);
            subjects[4].Weight.ClearGradient();
            Assert.AreEqual(none, Gradients());
            subjects[0].Take(1);
            subjects[1].Take(1);
            Assert.AreEqual(2 * one, Gradients() - none, "two may wait");
            subjects[2].Take(1);
            Assert.AreEqual((2 * chosen) + one, Gradients() - none, "the third waits alone");
            subjects[3].Take(1);
            Assert.AreEqual((2 * chosen) + (2 * one), Gradients() - none, "and with the fourth");
            subjects[0].Chosen();
            Assert.AreEqual((2 * chosen) + (2 * one), Gradients() - none, "nothing of it was left to choose");
            subjects[2].Chosen();
            Assert.AreEqual(4 * chosen, Gradients() - none);
            Array.ForEach(subjects, subject => subject.Weight.ClearGradient());
        }

        long Gradients() => device.Kernels.CurrentMemory[MemoryCategory.Gradients];
    }

    [TestMethod]
    public void A_weight_above_the_limit_waits_for_none()
    {
        using var device = new WatchedDevice(new DeviceOptions());
        using var subject = new Subject(device.Kernels, new PendingChoices(device.Kernels, limit: 1), 0, isRotated: true);
        subject.Take(0);
        subject.Take(1);
        long before = device.Kernels.CurrentMemory[MemoryCategory.Gradients];

        subject.Chosen();

        Assert.IsGreaterThan(0, before);
        Assert.AreEqual(before, device.Kernels.CurrentMemory[MemoryCategory.Gradients]);
    }

    /// <summary>Memory runs out for another weight than the one that was added last; what waits is there as before.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(4)]
    [DataRow(8)]
    public void A_choice_that_found_no_memory_can_be_made_again(int left)
    {
        using var device = new WatchedDevice(new DeviceOptions());
        var pending = new PendingChoices(device.Kernels);
        using var scope = DisposeScope.Open();
        Subject[] subjects = [.. Enumerable.Range(0, 2).Select(i => scope.Add(new Subject(device.Kernels, pending, i, isRotated: false)))];
        foreach (int step in (int[])[0, 1])
        {
            Array.ForEach(subjects, subject => subject.Take(step));
        }

        long before = device.Kernels.CurrentMemory.Total;
        device.Device.Memory.Refuses = () => --left < 0;
        Assert.ThrowsExactly<DeviceMemoryException>(() => subjects[0].Weight.Gradient);
        Assert.AreEqual(before, device.Kernels.CurrentMemory.Total);
        device.Device.Memory.Refuses = null;

        using var alone = new Subject(device.Kernels, new PendingChoices(device.Kernels), 1, isRotated: false);
        alone.Take(0);
        alone.Take(1);
        CollectionAssert.AreEqual(alone.Chosen().Values, subjects[1].Chosen().Values);
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
