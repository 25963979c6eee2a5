using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Devices;

/// <summary>Running out of device memory. Field case 85: a crash, a bare driver code, or something half done.</summary>
[TestClass]
public sealed class MemoryLimitTests
{
    [TestMethod]
    public void The_message_names_what_how_much_and_the_limit()
    {
        using var device = new WatchedDevice(new DeviceOptions { MemoryLimit = 64 << 20 });
        VulkanKernels kernels = device.Kernels;
        long before = kernels.CurrentMemory.Total;

        DeviceMemoryException error = Assert.ThrowsExactly<DeviceMemoryException>(
            () => kernels.Allocate(new Shape(5_000, 5_000), MemoryCategory.Gradients));

        Assert.Contains("a tensor of Gradients [5000, 5000]", error.Message);
        Assert.Contains("95.4 MiB", error.Message);
        Assert.Contains("the limit of 64 MiB", error.Message);
        Assert.AreEqual(before, kernels.CurrentMemory.Total);
        using Tensor small = kernels.FromArray(Shape.Vector(2), [1, 2]);
        Assert.AreEqual(2f, kernels.ToArray(small)[1]);
    }

    [TestMethod]
    public void Blocks_of_which_nothing_is_in_use_do_not_count()
    {
        using var device = new WatchedDevice(new DeviceOptions { MemoryLimit = 80 << 20 });
        VulkanKernels kernels = device.Kernels;

        // Two blocks: the kernels' own, and one that is too small for what comes next.
        Tensor first = kernels.Zeros(new Shape(4 << 10, 2 << 10), MemoryCategory.Scratch);
        Assert.AreEqual(2, device.Device.Memory.BlockCount);
        first.Dispose();

        using Tensor larger = kernels.Zeros(new Shape(5 << 10, 2 << 10), MemoryCategory.Scratch);

        Assert.AreEqual(0f, kernels.ToArray(larger)[^1]);
    }

    /// <summary>What stays would break up the room of what comes and goes, which then would need more.</summary>
    [TestMethod]
    [DataRow(MemoryCategory.Weights), DataRow(MemoryCategory.Optimizer), DataRow(MemoryCategory.Basis)]
    public void What_stays_has_blocks_of_its_own(MemoryCategory category)
    {
        using var device = new WatchedDevice();
        using Tensor staying = device.Kernels.Allocate(Shape.Vector(9), category);
        Assert.AreEqual(2, device.Device.Memory.BlockCount);
        using Tensor passing = device.Kernels.Allocate(Shape.Vector(9), MemoryCategory.Activations);
        Assert.AreEqual(2, device.Device.Memory.BlockCount);
    }

    [TestMethod]
    public void Trimming_gives_back_what_nothing_uses()
    {
        using var device = new WatchedDevice();
        using Tensor staying = device.Kernels.FromArray(Shape.Vector(3), [1, 2, 3], MemoryCategory.Weights);
        Tensor passing = device.Kernels.Zeros(new Shape(4 << 10, 4 << 10), MemoryCategory.Activations);
        device.Kernels.Add(staying, staying);
        passing.Dispose();
        Assert.AreEqual(3, device.Device.Memory.BlockCount);

        device.Kernels.Trim();

        Assert.AreEqual(2, device.Device.Memory.BlockCount);
        Assert.AreEqual(6f, device.Kernels.ToArray(staying)[2]);
    }

    [TestMethod]
    public void Trimming_waits_for_work_whose_submission_is_deferred()
    {
        using var device = new WatchedDevice();
        VulkanKernels kernels = device.Kernels;
        using Tensor sum = kernels.FromArray(Shape.Vector(3), [1, 2, 3], MemoryCategory.Weights);
        kernels.DefersSubmission = true;
        Tensor passing = kernels.Zeros(new Shape(4 << 10, 4 << 10), MemoryCategory.Activations);
        kernels.Flush();
        kernels.Add(sum, sum);
        passing.Dispose();

        kernels.Trim();

        Assert.AreEqual(2, device.Device.Memory.BlockCount);
        Assert.AreEqual(6f, kernels.ToArray(sum)[2]);
    }

    [TestMethod]
    public void A_large_weight_leaves_no_rest_of_a_block()
    {
        using var device = new WatchedDevice();
        using Tensor first = device.Kernels.Allocate(new Shape(5 << 10, 1 << 10), MemoryCategory.Weights);
        using Tensor second = device.Kernels.Allocate(new Shape(1 << 10, 1 << 10), MemoryCategory.Weights);

        // Its own, that of the second, and the kernels'.
        Assert.AreEqual(3, device.Device.Memory.BlockCount);
    }

    [TestMethod]
    public void Once_the_layers_are_rotated_no_block_is_unused()
    {
        using var device = new WatchedDevice();
        using BertClassifier model = TinyBert.Load(device.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(8), TinyBert.Options(TrainingMethod.SparseGrad));
        while (!trainer.BasesAreDue)
        {
            trainer.Step();
        }

        trainer.ComputeBases();
        int blocks = device.Device.Memory.BlockCount;
        device.Kernels.Trim();

        Assert.AreEqual(blocks, device.Device.Memory.BlockCount);
    }

    [TestMethod]
    public void At_the_limit_they_share()
    {
        using var device = new WatchedDevice(new DeviceOptions { MemoryLimit = 33 << 20 });
        using Tensor staying = device.Kernels.Zeros(new Shape(2 << 10, 1 << 10), MemoryCategory.Weights);

        Assert.AreEqual(0f, device.Kernels.ToArray(staying)[^1]);
        Assert.AreEqual(1, device.Device.Memory.BlockCount);
    }

    private const string Dense = "sparsegrad rows:4,refresh:2, not rotated";
    private const string Rows = "sparsegrad rows:0.5,refresh:2";

    private static readonly Dictionary<string, TrainingOptions> Runs = new()
    {
        ["sparsegrad"] = TinyBert.Options(TrainingMethod.SparseGrad) with { Selection = Selection.EveryStep },
        ["sparsegrad refresh:2"] = TinyBert.Options(TrainingMethod.SparseGrad) with { Selection = Selection.Refreshed(2) },
        [Rows] = TinyBert.Options(TrainingMethod.SparseGrad) with
        {
            Selection = Selection.AmongCoordinates(CoordinateCount.Share(0.5), 2),
        },
        [Dense] = TinyBert.Options(TrainingMethod.SparseGrad) with
        {
            Selection = Selection.AmongCoordinates(CoordinateCount.Number(4), 2),
        },
        ["full"] = TinyBert.Options(TrainingMethod.Full),
        ["lora"] = TinyBert.Options(TrainingMethod.Lora),
        ["meprop"] = TinyBert.Options(TrainingMethod.MeProp),
    };

    public static IEnumerable<object[]> RunNames => Runs.Keys.Select(name => (object[])[name]);

    [TestMethod]
    [DynamicData(nameof(RunNames))]
    public void A_failure_at_any_allocation_of_a_run_loses_nothing(string run)
    {
        using var device = new WatchedDevice();
        DeviceMemoryPool[] pools = [device.Device.Memory, device.Device.UploadMemory, device.Device.DownloadMemory];
        TokenizedExample[] examples = TinyBert.Examples(8);
        long before = device.Kernels.CurrentMemory.Total;
        Attempt(int.MaxValue); // makes the blocks that the others share
        int allocations = Attempt(int.MaxValue);
        Assert.IsGreaterThan(300, allocations);

        // All of the first, of which a step begins with the most different ones, and then a sample.
        foreach (int first in Enumerable.Range(1, 50).Concat(Enumerable.Range(0, 40).Select(i => 51 + i * (allocations - 51) / 40)))
        {
            Assert.ThrowsExactly<DeviceMemoryException>(() => Attempt(first), $"allocation {first}");
            Assert.AreEqual(before, device.Kernels.CurrentMemory.Total, $"after the failure of allocation {first}");
        }

        Assert.AreEqual(allocations, Attempt(int.MaxValue));

        // Trains a model until an allocation fails: the model's own, which come first, are let through.
        int Attempt(int firstRefused)
        {
            int count = 0;
            using BertClassifier model = TinyBert.Load(device.Kernels);
            try
            {
                Array.ForEach(pools, pool => pool.Refuses = () => ++count >= firstRefused);
                using var trainer = new Trainer(model, examples, Runs[run] with { PreliminarySteps = 1 });
                trainer.Run();
                return count;
            }
            finally
            {
                Array.ForEach(pools, pool => pool.Refuses = null);
            }
        }
    }

    public static IEnumerable<object[]> Limits => RunNames.SelectMany(name => (object[][])[[name[0], true], [name[0], false]])
        .Where(item => item is not [Dense or Rows, true]);

    /// <summary>Every step fails again and again, each time a few allocations or bytes later, until it has them all. An update
    /// by some vectors of a basis allocates, what it was sure to find: it knows bytes only.</summary>
    [TestMethod]
    [DynamicData(nameof(Limits))]
    public void A_step_that_failed_can_be_tried_again(string run, bool counts)
    {
        using var device = new WatchedDevice();
        int failures = 0;
        (float[] expected, float[] weights) = Train(false);
        (float[] actual, float[] again) = Train(true);

        CollectionAssert.AreEqual(expected, actual);
        CollectionAssert.AreEqual(weights, again);
        Assert.IsGreaterThan((counts ? 20 : 10) * expected.Length, failures);

        (float[] Losses, float[] Weights) Train(bool fails)
        {
            using BertClassifier model = TinyBert.Load(device.Kernels);
            using var trainer = new Trainer(model, TinyBert.Examples(12), Runs[run] with { PreliminarySteps = 2 });
            var losses = new List<float>();
            while (!trainer.IsFinished)
            {
                trainer.ComputeBases();
                losses.Add(fails ? StepAtLast(trainer) : trainer.Step().Loss);
            }

            var weights = new List<float>();
            foreach (string name in model.Parameters.Select(parameter => parameter.Name).Concat(model.SparseGradLayers.Select(layer => layer.Weight.Name)))
            {
                weights.AddRange(ValuesOf(model, name));
            }

            weights.AddRange(trainer.KeptEnergy.Select(entry => (float)entry.Share));
            return ([.. losses], [.. weights]);
        }

        float StepAtLast(Trainer trainer)
        {
            long before = device.Kernels.CurrentMemory.Total;
            for (int allowed = 0; ; allowed += 5)
            {
                int left = allowed;
                long most = before + 1000 * left;
                device.Device.Memory.Refuses = counts ? () => --left < 0 : () => device.Kernels.CurrentMemory.Total > most;
                try
                {
                    return trainer.Step().Loss;
                }
                catch (DeviceMemoryException)
                {
                    failures++;
                }
                finally
                {
                    device.Device.Memory.Refuses = null;
                }
            }
        }
    }

    /// <summary>A trainer that found no memory leaves nothing on the model, which another can train.</summary>
    [TestMethod]
    public void A_trainer_that_failed_to_start_leaves_the_model_to_another()
    {
        using var device = new WatchedDevice();
        int allocations = 0;
        float[] expected = TrainAfter(int.MaxValue);
        int all = allocations;

        // The optimizer's last, in the middle of it, and among MeProp's own.
        foreach (int first in (int[])[all, all - 10, 5])
        {
            CollectionAssert.AreEqual(expected, TrainAfter(first), $"allocation {first} of {all}");
        }

        float[] TrainAfter(int firstRefused)
        {
            using BertClassifier model = TinyBert.Load(device.Kernels);
            allocations = 0;
            device.Device.Memory.Refuses = () => ++allocations >= firstRefused;
            try
            {
                new Trainer(model, TinyBert.Examples(4), Runs["meprop"]).Dispose();
                Assert.AreEqual(int.MaxValue, firstRefused);
            }
            catch (DeviceMemoryException)
            {
                Assert.AreNotEqual(int.MaxValue, firstRefused);
            }
            finally
            {
                device.Device.Memory.Refuses = null;
            }

            using var trainer = new Trainer(model, TinyBert.Examples(4), Runs["full"]);
            trainer.Run();
            return ValuesOf(model, model.DenseMlpLayers[0][0].Weight.Name);
        }
    }

    /// <summary>All of LoRA's factors or none.</summary>
    [TestMethod]
    public void Factors_that_found_no_memory_are_not_added()
    {
        using var device = new WatchedDevice();
        using BertClassifier model = TinyBert.Load(device.Kernels);
        long before = device.Kernels.CurrentMemory.Total;
        for (int allowed = 0; allowed < 4; allowed++)
        {
            int left = allowed;
            device.Device.Memory.Refuses = () => --left < 0;
            Assert.ThrowsExactly<DeviceMemoryException>(() => model.AddLora(new LoraOptions(), seed: 1));
            device.Device.Memory.Refuses = null;
            Assert.AreEqual(before, device.Kernels.CurrentMemory.Total);
            Assert.IsEmpty(model.LoraLayers);
        }

        using var trainer = new Trainer(model, TinyBert.Examples(4), Runs["lora"]);
        trainer.Run();
    }

    /// <summary>Bases that were computed and rotated stay, and the moments can be asked for again.</summary>
    [TestMethod]
    public void A_run_without_memory_for_its_moments_has_no_state_yet()
    {
        using var device = new WatchedDevice();
        int allocations = 0;
        bool failed = Attempt(int.MaxValue);
        Assert.IsFalse(failed);
        Assert.IsTrue(Attempt(allocations));

        bool Attempt(int firstRefused)
        {
            using BertClassifier model = TinyBert.Load(device.Kernels);
            using var trainer = new Trainer(model, TinyBert.Examples(4), Runs["sparsegrad"] with { PreliminarySteps = 1 });
            trainer.Step();
            int count = 0;
            device.Device.Memory.Refuses = () => ++count >= firstRefused;
            try
            {
                trainer.ComputeBases();
                allocations = count;
                return false;
            }
            catch (DeviceMemoryException)
            {
                device.Device.Memory.Refuses = null;
                Assert.ThrowsExactly<InvalidOperationException>(() => trainer.State);
                Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Position);
                trainer.ComputeBases();
                Assert.IsTrue(trainer.Position.IsTraining);
                Assert.IsNotEmpty(trainer.State);
                trainer.Step();
                return true;
            }
            finally
            {
                device.Device.Memory.Refuses = null;
            }
        }
    }

    /// <summary>Of a model that is rotated in part nothing is left to save or to go on with.</summary>
    [TestMethod]
    public void A_rotation_that_failed_half_way_ends_the_run()
    {
        using var device = new WatchedDevice();
        using BertClassifier model = TinyBert.Load(device.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(4), Runs["sparsegrad"] with { PreliminarySteps = 1 });
        trainer.Step();
        int count = 0;
        device.Device.Memory.Refuses = () => ++count >= 20;
        Assert.ThrowsExactly<DeviceMemoryException>(() => trainer.ComputeBases());
        device.Device.Memory.Refuses = null;

        Assert.IsNotEmpty(model.SparseGradLayers);
        Assert.IsNotEmpty(model.DenseMlpLayers[1]);
        foreach (Action ask in (Action[])[() => _ = trainer.State, () => _ = trainer.Position, () => trainer.Step()])
        {
            Assert.Contains("half-way", Assert.ThrowsExactly<InvalidOperationException>(ask).Message);
        }
    }

    private static float[] ValuesOf(BertClassifier model, string name)
    {
        var values = new float[LengthOf(model, name)];
        model.ReadWeight(name, values);
        return values;
    }

    private static long LengthOf(BertClassifier model, string name) =>
        model.SparseGradLayers.FirstOrDefault(layer => layer.Weight.Name == name)?.Weight.Value.Length
        ?? model.Parameters.First(parameter => parameter.Name == name).Value.Length;
}
