using VkSparseGrad.Devices;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Vulkan;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>What a step takes of the managed heap. A host with a frame loop must not be stopped by collections of ours.</summary>
[TestClass]
public sealed class AllocationTests
{
    /// <summary>Steps of an epoch, and between two refreshes of a selection. Steps so far apart are alike.</summary>
    private const int Period = 3;

    private const int WarmUp = 3 * Period, Counted = 8 * Period, Sequences = 12;

    [TestMethod]
    [DataRow(TrainingMethod.Full, Precision.Float32, false, 2)]
    [DataRow(TrainingMethod.Full, Precision.Mixed, true, 2)]
    [DataRow(TrainingMethod.Full, Precision.Float32, false, 1)]
    [DataRow(TrainingMethod.Lora, Precision.Float32, false, 2)]
    [DataRow(TrainingMethod.MeProp, Precision.Float32, false, 2)]
    [DataRow(TrainingMethod.BitFit, Precision.Float32, false, 2)]
    [DataRow(TrainingMethod.FrozenMlp, Precision.Float32, false, 2)]
    [DataRow(TrainingMethod.SparseGrad, Precision.Float32, false, 2)]
    [DataRow(TrainingMethod.SparseGrad, Precision.Mixed, true, 2)]
    [DataRow(TrainingMethod.SparseGrad, Precision.Float32, false, 1)]
    public void A_step_of_an_encoder_allocates_nothing(TrainingMethod method, Precision precision, bool checkpointing, int accumulation) =>
        AssertNothingIsAllocated(TestDevice.Kernels, TinyBert.Options(method) with
        {
            Precision = precision, Checkpointing = checkpointing, BatchSize = 4 / accumulation, Accumulation = accumulation,
        });

    /// <summary>In every way that coefficients are chosen, in steps that choose anew and in the others.</summary>
    [TestMethod]
    [DataRow(true, 1)]
    [DataRow(true, Period)]
    [DataRow(false, 1)]
    [DataRow(false, Period)]
    public void A_choice_of_coefficients_allocates_nothing(bool amongCoordinates, int interval) =>
        AssertNothingIsAllocated(TestDevice.Kernels, TinyBert.Options(TrainingMethod.SparseGrad) with
        {
            Selection = amongCoordinates ? Selection.AmongCoordinates(CoordinateCount.Share(1.0 / 8), interval) : Selection.Refreshed(interval),
        });

    [TestMethod]
    public void A_step_in_the_forms_for_a_GPU_allocates_nothing()
    {
        using var device = new WatchedDevice(new DeviceOptions { Matmul = MatmulKernel.Tile });

        AssertNothingIsAllocated(device.Kernels, TinyBert.Options(TrainingMethod.SparseGrad));
    }

    /// <summary>As a game engine does it: a piece in each frame.</summary>
    [TestMethod]
    public void A_step_in_pieces_allocates_nothing()
    {
        using BertClassifier model = TinyBert.Load(TestDevice.Kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(Sequences), Lasting(TinyBert.Options(TrainingMethod.SparseGrad)));

        // How many submissions wait at once depends on the time; there are soon as many as ever do.
        AssertNothingIsAllocated(trainer, warmUp: 15 * Period, () =>
        {
            while (trainer.Step(TimeSpan.Zero) is null)
            {
            }
        });
    }

    /// <summary>Whole, and with frozen matrices in 16 bits.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.Full, false, false, MatmulKernel.Subgroup)]
    [DataRow(TrainingMethod.SparseGrad, true, false, MatmulKernel.Subgroup)]
    [DataRow(TrainingMethod.Lora, false, true, MatmulKernel.Subgroup)]
    [DataRow(TrainingMethod.SparseGrad, false, true, MatmulKernel.Tile)]
    public void A_step_of_a_language_model_allocates_nothing(TrainingMethod method, bool checkpointing, bool isHalf, MatmulKernel matmul)
    {
        using var device = new WatchedDevice(new DeviceOptions { Matmul = matmul });
        using var folder = new TempFolder();
        TinyLlama.Write(folder.Path, isHalf ? SafetensorsType.BF16 : SafetensorsType.F32);
        using LlamaLanguageModel model = TinyLlama.Load(device.Kernels, isHalf ? new() { Blocks = [0, 3], KeepsHalves = true } : null, folder.Path);
        TrainingOptions options = TinyLlama.Options(method, isHalf ? TrainingScope.Mlp : TrainingScope.All);
        using var trainer = new Trainer(model, TinyLlama.Blocks(Sequences), Lasting(options) with { Checkpointing = checkpointing });

        AssertNothingIsAllocated(trainer, WarmUp, () => trainer.Step());
    }

    [TestMethod]
    public void A_step_of_a_decoder_with_a_head_allocates_nothing()
    {
        using LlamaClassifier model = TinyLlama.LoadClassifier(TestDevice.Kernels, labels: 3);
        using var trainer = new Trainer(
            model, TinyLlama.Examples(Sequences), Lasting(TinyLlama.Options(TrainingMethod.Full, TrainingScope.All)));

        AssertNothingIsAllocated(trainer, WarmUp, () => trainer.Step());
    }

    private static TrainingOptions Lasting(TrainingOptions options) => options with { Epochs = 100 };

    private static void AssertNothingIsAllocated(IKernels kernels, TrainingOptions options)
    {
        using BertClassifier model = TinyBert.Load(kernels);
        using var trainer = new Trainer(model, TinyBert.Examples(Sequences), Lasting(options));
        AssertNothingIsAllocated(trainer, WarmUp, () => trainer.Step());
    }

    private static void AssertNothingIsAllocated(Trainer trainer, int warmUp, Action step)
    {
        while (trainer.CompletedSteps < warmUp)
        {
            step();
        }

        Assert.AreEqual(Period * 100, trainer.TotalSteps);

        // A shared pool may lose its arrays to a collection, which other tests bring about; not in every step of a kind.
        long[] least = [long.MaxValue, long.MaxValue, long.MaxValue];
        for (int i = 0; i < Counted; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            step();
            least[i % Period] = Math.Min(least[i % Period], GC.GetAllocatedBytesForCurrentThread() - before);
        }

        CollectionAssert.AreEqual(new long[Period], least);
    }
}
