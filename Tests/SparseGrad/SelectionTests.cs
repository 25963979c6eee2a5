using VkSparseGrad.Cli.Progress;
using VkSparseGrad.Conformance;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.SparseGrad;

/// <summary>The three ways of selection: what they choose, when, and what they keep.</summary>
[TestClass]
public sealed class SelectionTests
{
    private const int Small = 5;
    private const int Large = 12;
    private static readonly bool[] Either = [false, true];

    /// <summary>A refresh on every step leaves nothing to chance: all ways are one.</summary>
    [TestMethod]
    [DataRow(false, 1)]
    [DataRow(true, 1)]
    [DataRow(true, 2)]
    public void With_a_refresh_on_every_step_all_ways_give_the_same_bits(bool onDevice, int accumulation)
    {
        IKernels kernels = TestDevice.Choose(onDevice);

        Trained everyStep = Train(kernels, Selection.EveryStep, accumulation);

        Assert.HasCount(accumulation == 1 ? 9 : 6, everyStep.Losses);
        Assert.AreNotEqual(everyStep.Losses[0], everyStep.Losses[^1]);
        foreach (Selection selection in (Selection[])[Selection.Refreshed(1), Selection.AmongCoordinates(CoordinateCount.All, 1)])
        {
            Trained other = Train(kernels, selection, accumulation);
            CollectionAssert.AreEqual(everyStep.Losses, other.Losses, selection.ToString());
            CollectionAssert.AreEqual(everyStep.Weights, other.Weights, selection.ToString());
        }

        CollectionAssert.AreNotEqual(everyStep.Weights, Train(kernels, Selection.Refreshed(3), accumulation).Weights);
        CollectionAssert.AreNotEqual(
            everyStep.Weights, Train(kernels, Selection.AmongCoordinates(CoordinateCount.Share(0.25), 3), accumulation).Weights);
    }

    /// <summary>Between two refreshes the entries stay, and their values are those of the full matrix.</summary>
    [TestMethod]
    [DataRow(false, true)]
    [DataRow(false, false)]
    [DataRow(true, true)]
    [DataRow(true, false)]
    public void Refreshed_entries_stay_until_the_next_refresh(bool onDevice, bool isRotated)
    {
        using var layer = new Layer(TestDevice.Choose(onDevice), kept: 7, Selection.Refreshed(3), isRotated);
        uint[]? chosen = null;
        for (int step = 0; step < 7; step++)
        {
            (uint[] indices, float[] values, double[] full) = layer.Step(step);

            uint[] largest = Largest(full, 7);
            if (step % 3 == 0)
            {
                CollectionAssert.AreEqual(largest, indices, $"step {step}");
                CollectionAssert.AreNotEqual(chosen, indices);
                chosen = indices;
            }
            else
            {
                CollectionAssert.AreEqual(chosen, indices, $"step {step}");
                CollectionAssert.AreNotEqual(largest, indices, $"step {step} would have chosen others");
            }

            AssertValues(full, indices, values);
        }
    }

    /// <summary>Between two refreshes the coordinates stay; entries are the largest among theirs on every step. A refresh of a long side
    /// looks at it in pieces, of 64 coordinates and less; one batch of few rows is not formed to a gradient.</summary>
    [TestMethod]
    [DataRow(Large, 9, 2)]
    [DataRow(150, 9, 2)]
    [DataRow(150, 9, 1)]
    [DataRow(150, 3, 1)]
    public void Entries_are_the_largest_of_the_coordinates_that_held_most_energy(int large, int rows, int batches)
    {
        const int Coordinates = 4;
        var selection = Selection.AmongCoordinates(CoordinateCount.Number(Coordinates), 3);
        foreach ((bool onDevice, bool isRotated, bool keepsHalves) in
            from onDevice in Either from isRotated in Either from keepsHalves in Either select (onDevice, isRotated, keepsHalves))
        {
            using var layer = new Layer(TestDevice.Choose(onDevice), kept: 7, selection, isRotated, keepsHalves, large, rows, batches);
            uint[]? coordinates = null;
            for (int step = 0; step < 7; step++)
            {
                string where = $"step {step}, on device: {onDevice}, rotated: {isRotated}, 16 bits: {keepsHalves}";
                (uint[] indices, float[] values, double[] full) = layer.Step(step);
                layer.Weight.MoveMoments();

                uint[] now = layer.Kernels.ToIndexArray(layer.Weight.Selector.Coordinates!);
                if (step % 3 == 0)
                {
                    CollectionAssert.AreEqual(MostEnergy(full, large, Coordinates), now, where);
                    CollectionAssert.AreNotEqual(coordinates, now);
                    coordinates = now;
                }

                CollectionAssert.AreEqual(coordinates, now, where);
                double[] among = [.. Enumerable.Range(0, Small * Coordinates).Select(at => full[at / Coordinates * large + now[at % Coordinates]])];
                CollectionAssert.AreEqual(Largest(among, 7), indices, where);
                AssertValues(among, indices, values, large);
            }
        }
    }

    /// <summary>Moments go along with a coordinate that stays, and one that comes back begins anew.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Moments_follow_their_coordinate(bool onDevice)
    {
        using var layer = new Layer(TestDevice.Choose(onDevice), kept: 5, Selection.AmongCoordinates(CoordinateCount.Number(4), 1));
        layer.Step(0);
        layer.Weight.MoveMoments();
        uint[] before = layer.Kernels.ToIndexArray(layer.Weight.Selector.Coordinates!);
        float[] first = [.. Enumerable.Range(1, Small * 4).Select(i => (float)i)];
        float[] second = Array.ConvertAll(first, value => -value);
        layer.Kernels.Upload(first, layer.Weight.Moment1);
        layer.Kernels.Upload(second, layer.Weight.Moment2);

        layer.Step(1);
        CollectionAssert.AreEqual(first, layer.Kernels.ToArray(layer.Weight.Moment1));
        layer.Weight.MoveMoments();

        uint[] after = layer.Kernels.ToIndexArray(layer.Weight.Selector.Coordinates!);
        float[] moved1 = layer.Kernels.ToArray(layer.Weight.Moment1), moved2 = layer.Kernels.ToArray(layer.Weight.Moment2);
        Assert.IsNotEmpty(before.Intersect(after), "none stays, so the case shows nothing");
        Assert.IsNotEmpty(after.Except(before), "none is new, so the case shows nothing");
        for (int at = 0; at < moved1.Length; at++)
        {
            int was = Array.IndexOf(before, after[at % 4]);
            float expected = was < 0 ? 0 : first[at / 4 * 4 + was];
            Assert.AreEqual(expected, moved1[at]);
            Assert.AreEqual(was < 0 ? 0 : -expected, moved2[at]);
        }
    }

    /// <summary>Coordinates that no update followed are forgotten with their step: the moments would be those of others.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_step_that_is_dropped_leaves_coordinates_and_moments_as_they_were(bool onDevice)
    {
        using var layer = new Layer(TestDevice.Choose(onDevice), kept: 5, Selection.AmongCoordinates(CoordinateCount.Number(4), 2));
        layer.Step(0);
        layer.Weight.MoveMoments();
        layer.Step(1);
        uint[] before = Coordinates();
        Tensor moments = layer.Weight.Moment1;

        layer.Step(2);
        uint[] dropped = Coordinates();
        layer.Weight.ClearGradient();
        layer.Weight.BeginStep(3, 1);

        CollectionAssert.AreNotEqual(before, dropped);
        CollectionAssert.AreEqual(before, Coordinates());
        Assert.AreSame(moments, layer.Weight.Moment1);
        layer.Step(3);
        CollectionAssert.AreNotEqual(before, Coordinates());

        uint[] Coordinates() => layer.Kernels.ToIndexArray(layer.Weight.Selector.Coordinates!);
    }

    [TestMethod]
    public void Moments_that_find_no_room_stay_and_move_at_the_next_try()
    {
        using var device = new WatchedDevice();
        using var layer = new Layer(device.Kernels, kept: 5, Selection.AmongCoordinates(CoordinateCount.Number(4), 1));
        layer.Step(0);
        layer.Weight.MoveMoments();
        layer.Step(1);
        (Tensor first, Tensor second) = (layer.Weight.Moment1, layer.Weight.Moment2);
        int allowed = 1;
        device.Device.Memory.Refuses = () => allowed-- <= 0;

        Assert.ThrowsExactly<DeviceMemoryException>(layer.Weight.MoveMoments);

        device.Device.Memory.Refuses = null;
        Assert.AreSame(first, layer.Weight.Moment1);
        Assert.AreSame(second, layer.Weight.Moment2);
        layer.Weight.MoveMoments();
        Assert.AreNotSame(first, layer.Weight.Moment1);
        Assert.AreNotSame(second, layer.Weight.Moment2);
    }

    /// <summary>The optimizer's state is as large as the selection needs it.</summary>
    [TestMethod]
    public void Moments_are_kept_for_what_can_be_chosen()
    {
        foreach ((Selection selection, int columns) in new[]
            {
                (Selection.EveryStep, Large), (Selection.Refreshed(5), Large),
                (Selection.AmongCoordinates(CoordinateCount.Share(0.25), 5), 3), (Selection.AmongCoordinates(CoordinateCount.Number(100), 5), Large),
            })
        {
            using var layer = new Layer(TestDevice.Choose(onDevice: false), kept: 7, selection);
            Assert.AreEqual(new Shape(Small, columns), layer.Weight.Moment1.Shape, selection.ToString());
            Assert.AreEqual(new Shape(Small, columns), layer.Weight.Moment2.Shape, selection.ToString());
        }
    }

    [TestMethod]
    [DataRow(40, 8)]
    [DataRow(41, 9)]
    [DataRow(Small * Large, Large)]
    [DataRow(7, 2)]
    public void As_many_coordinates_are_taken_as_hold_what_is_kept(int kept, int coordinates)
    {
        using var layer = new Layer(TestDevice.Choose(onDevice: false), kept, Selection.AmongCoordinates(CoordinateCount.Number(2), 1));

        Assert.AreEqual(new Shape(Small, coordinates), layer.Weight.Moment1.Shape);
        Assert.AreEqual(kept, layer.Weight.Kept);
        Assert.HasCount(kept, layer.Step(0).Indices);
    }

    [TestMethod]
    [DataRow(false, 9)]
    [DataRow(true, 9)]
    [DataRow(false, 3)]
    [DataRow(true, 3)]
    public void The_kept_share_of_the_energy_is_that_of_the_refreshes(bool onDevice, int rows)
    {
        foreach ((Selection selection, bool isRotated) in
            from selection in (Selection[])[Selection.Refreshed(3), Selection.AmongCoordinates(CoordinateCount.Number(4), 3)]
            from isRotated in Either
            select (selection, isRotated))
        {
            using var layer = new Layer(TestDevice.Choose(onDevice), kept: 7, selection, isRotated, rows: rows, batches: 1);
            Assert.IsTrue(double.IsNaN(layer.Weight.KeptEnergy()));
            double kept = 0, all = 0;
            for (int step = 0; step < 5; step++)
            {
                (_, float[] values, double[] full) = layer.Step(step);
                layer.Weight.MoveMoments();
                if (step % 3 == 0)
                {
                    kept += values.Sum(value => (double)value * value);
                    all += full.Sum(value => value * value);
                }
            }

            Assert.AreEqual(kept / all, layer.Weight.KeptEnergy(), 1e-6, selection.ToString());
        }
    }

    /// <summary>What a step has ever changed is marked, whatever coordinates it was chosen among.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Changed_entries_are_marked(bool onDevice)
    {
        using var layer = new Layer(TestDevice.Choose(onDevice), kept: 6, Selection.AmongCoordinates(CoordinateCount.Number(4), 2));
        using Tensor delta = layer.Kernels.FromArray(Shape.Vector(6), [1, 2, 3, 4, 5, 6]);
        var expected = new SortedSet<int>();
        for (int step = 0; step < 5; step++)
        {
            (uint[] indices, _, _) = layer.Step(step);
            layer.Weight.MoveMoments();
            uint[] coordinates = layer.Kernels.ToIndexArray(layer.Weight.Selector.Coordinates!);
            expected.UnionWith(indices.Select(at => (int)(at / 4 * Large + coordinates[at % 4])));
            layer.Weight.Apply(delta);
        }

        uint[] marks = layer.Kernels.ToIndexArray(layer.Weight.Marks);
        int[] marked = [.. Enumerable.Range(0, Small * Large).Where(at => (marks[at / 32] >> (at % 32) & 1) != 0)];
        Assert.IsGreaterThan(6, marked.Length);
        CollectionAssert.AreEqual(expected.ToArray(), marked);
    }

    [TestMethod]
    public void A_selection_reads_as_it_is_written_on_the_command_line()
    {
        Assert.AreEqual("every-step", Selection.EveryStep.ToString());
        Assert.AreEqual("refresh:20", Selection.Refreshed(20).ToString());
        Assert.AreEqual("rows:0.125,refresh:20", Selection.AmongCoordinates(CoordinateCount.Share(0.125), 20).ToString());
        Assert.AreEqual("rows:96,refresh:1", Selection.AmongCoordinates(CoordinateCount.Number(96), 1).ToString());
        Assert.AreEqual("rows:all,refresh:1", Selection.AmongCoordinates(CoordinateCount.All, 1).ToString());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Selection.Refreshed(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => CoordinateCount.Share(1.5));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => CoordinateCount.Number(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Selection.AmongCoordinates(default, 5));
    }

    private static uint[] Largest(double[] values, int count) =>
        [.. Enumerable.Range(0, values.Length).OrderByDescending(at => Math.Abs(values[at])).Take(count).Order().Select(at => (uint)at)];

    private static uint[] MostEnergy(double[] full, int large, int count) =>
        Largest([.. Enumerable.Range(0, large).Select(l => Enumerable.Range(0, Small).Sum(s => full[s * large + l] * full[s * large + l]))], count);

    private static void AssertValues(double[] full, uint[] indices, float[] values, int large = Large)
    {
        for (int i = 0; i < indices.Length; i++)
        {
            Assert.AreEqual(full[indices[i]], values[i], 1e-6 * Math.Max(10 * large / Large, Math.Abs(full[indices[i]])), $"entry {indices[i]}");
        }
    }

    private static Trained Train(IKernels kernels, Selection selection, int accumulation)
    {
        using BertClassifier model = TinyBert.Load(kernels);
        using var trainer = new Trainer(
            model, TinyBert.Examples(12),
            TinyBert.Options(TrainingMethod.SparseGrad) with { Selection = selection, Epochs = 3, Accumulation = accumulation });
        var losses = new List<float>();
        while (!trainer.IsFinished)
        {
            StepResult step = trainer.Step();
            if (step.Phase == TrainingPhase.Training)
            {
                losses.Add(step.Loss);
            }
        }

        return new Trained(
            [.. losses], [.. model.SparseGradLayers.SelectMany(rotated => kernels.ToArray(rotated.Weight.Value))]);
    }

    private sealed record Trained(float[] Losses, float[] Weights);

    /// <summary>One weight under random bases, and the coefficients of random gradients as doubles give them.</summary>
    private sealed class Layer : IDisposable
    {
        private readonly RandomValues random = new(5);
        private readonly SparseGradBasis basis;
        private readonly double[] small;
        private readonly double[] large;
        private readonly int rows;
        private readonly int batches;

        public Layer(
            IKernels kernels, int kept, Selection selection, bool isRotated = true, bool keepsHalves = false, int large = Large, int rows = 9,
            int batches = 2)
        {
            Kernels = kernels;
            (this.rows, this.batches) = (rows, batches);
            float[] outputs = random.Normal(large * large), inputs = RandomBasis.Orthogonal(Small);
            this.large = Array.ConvertAll(outputs, value => keepsHalves ? (double)(Half)value : value);
            small = isRotated
                ? [.. Enumerable.Range(0, Small * Small).Select(at => at / Small == at % Small ? 1.0 : 0)]
                : Array.ConvertAll(inputs, value => (double)value);
            basis = SparseGradBasis.Create(kernels, large, Small, outputs, inputs, keepsHalves);
            using Tensor dense = kernels.FromArray(new Shape(large, Small), random.Normal(large * Small));
            Weight = new SparseGradWeight(kernels, "weight", dense, basis, kept, selection, isRotated);
        }

        public IKernels Kernels { get; }

        public SparseGradWeight Weight { get; }

        /// <summary>A step on a random gradient.</summary>
        public (uint[] Indices, float[] Values, double[] Full) Step(int step)
        {
            int side = basis.LargeSide;
            Weight.BeginStep(step, batches);
            var gradient = new double[Small * side];
            for (int batch = 0; batch < batches; batch++)
            {
                float[] left = random.Normal(rows * Small), right = random.Normal(rows * side);
                using Tensor meetsSmall = Kernels.FromArray(new Shape(rows, Small), left);
                using Tensor meetsLarge = Kernels.FromArray(new Shape(rows, side), right);
                Weight.AddGradient(meetsSmall, meetsLarge);
                for (int at = 0; at < gradient.Length; at++)
                {
                    (int s, int j) = Math.DivRem(at, side);
                    gradient[at] += Enumerable.Range(0, rows).Sum(t =>
                        Enumerable.Range(0, Small).Sum(i => left[t * Small + i] * small[s * Small + i]) * right[t * side + j]);
                }
            }

            double[] full =
            [
                .. Enumerable.Range(0, gradient.Length).Select(at => Enumerable.Range(0, side).Sum(
                    j => gradient[at / side * side + j] * large[at % side * side + j])),
            ];
            return (Kernels.ToIndexArray(Weight.Gradient!.Value.Indices), Kernels.ToArray(Weight.Gradient.Value.Values), full);
        }

        public void Dispose()
        {
            Weight.Dispose();
            basis.Dispose();
        }
    }
}
