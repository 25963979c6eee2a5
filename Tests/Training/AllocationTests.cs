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
    /// <summary>Two epochs of batches of every size; the second meets none that the buffers have not held.</summary>
    private const int WarmUp = 10, Counted = 5;

    [TestMethod]
    [DataRow(TrainingMethod.Full, Precision.Float32, false)]
    [DataRow(TrainingMethod.Full, Precision.Mixed, true)]
    [DataRow(TrainingMethod.Lora, Precision.Float32, false)]
    [DataRow(TrainingMethod.MeProp, Precision.Float32, false)]
    [DataRow(TrainingMethod.BitFit, Precision.Float32, false)]
    [DataRow(TrainingMethod.SparseGrad, Precision.Float32, false)]
    [DataRow(TrainingMethod.SparseGrad, Precision.Mixed, true)]
    public void A_step_of_an_encoder_allocates_nothing(TrainingMethod method, Precision precision, bool checkpointing)
    {
        using BertClassifier model = TinyBert.Load(TestDevice.Kernels, dropout: 0.1f);
        using var trainer = new Trainer(model, TinyBert.Examples(20), Options(TinyBert.Options(method)) with
        {
            Precision = precision, Checkpointing = checkpointing,
        });

        AssertNothingIsAllocated(trainer);
    }

    /// <summary>In every way that coefficients are chosen, and in a step that chooses anew whenever it is due.</summary>
    [TestMethod]
    [DataRow("rows:1/8", 1)]
    [DataRow("rows:1/8", 3)]
    [DataRow("entries", 1)]
    [DataRow("entries", 3)]
    public void A_choice_of_coefficients_allocates_nothing(string kind, int interval)
    {
        Selection selection = kind == "entries"
            ? Selection.Refreshed(interval)
            : Selection.AmongCoordinates(CoordinateCount.Share(1.0 / 8), interval);
        using BertClassifier model = TinyBert.Load(TestDevice.Kernels, dropout: 0.1f);
        using var trainer = new Trainer(model, TinyBert.Examples(20), Options(TinyBert.Options(TrainingMethod.SparseGrad)) with
        {
            Selection = selection,
        });

        AssertNothingIsAllocated(trainer);
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full, false)]
    [DataRow(TrainingMethod.SparseGrad, true)]
    public void A_step_of_a_language_model_allocates_nothing(TrainingMethod method, bool checkpointing)
    {
        using LlamaLanguageModel model = TinyLlama.Load(TestDevice.Kernels);
        using var trainer = new Trainer(
            model, TinyLlama.Blocks(20), Options(TinyLlama.Options(method, TrainingScope.All)) with { Checkpointing = checkpointing });

        AssertNothingIsAllocated(trainer);
    }

    /// <summary>As a game engine does it: a piece in each frame.</summary>
    [TestMethod]
    public void A_step_in_pieces_allocates_nothing()
    {
        using BertClassifier model = TinyBert.Load(TestDevice.Kernels, dropout: 0.1f);
        using var trainer = new Trainer(model, TinyBert.Examples(20), Options(TinyBert.Options(TrainingMethod.SparseGrad)));

        AssertNothingIsAllocated(trainer, () =>
        {
            while (trainer.Step(TimeSpan.Zero) is null)
            {
            }
        });
    }

    [TestMethod]
    public void A_step_of_a_decoder_with_a_head_allocates_nothing()
    {
        using LlamaClassifier model = TinyLlama.LoadClassifier(TestDevice.Kernels, labels: 3);
        using var trainer = new Trainer(model, TinyLlama.Examples(20), Options(TinyLlama.Options(TrainingMethod.Full, TrainingScope.All)));

        AssertNothingIsAllocated(trainer);
    }

    /// <summary>Five steps an epoch, of two batches each.</summary>
    private static TrainingOptions Options(TrainingOptions options) => options with
    {
        BatchSize = 2, Accumulation = 2, Epochs = 100,
    };

    private static void AssertNothingIsAllocated(Trainer trainer) => AssertNothingIsAllocated(trainer, () => trainer.Step());

    private static void AssertNothingIsAllocated(Trainer trainer, Action step)
    {
        while (trainer.CompletedSteps < WarmUp)
        {
            step();
        }

        // A shared pool may lose its arrays to a collection, which other tests bring about; not in every step.
        long least = long.MaxValue;
        for (int i = 0; i < Counted; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            step();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.AreEqual(0, least);
    }
}
