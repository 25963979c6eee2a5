using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Models;

[TestClass]
public sealed class LlamaClassifierTests
{
    /// <summary>Field case 87: no padding token is needed, and the end token is a token like any other.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Each_row_of_a_batch_is_what_it_is_alone(bool onDevice)
    {
        using LlamaClassifier model = TinyLlama.LoadClassifier(TestDevice.Choose(onDevice), 2);
        TokenizedExample[] rows = [Row(1, 7, 9), Row(1, 5, 2, 6, 2), Row(3), Row(1, 5, 2, 6, 8)];
        double[] alone = [.. Evaluation.Logits(model, rows, batchSize: 1).SelectMany(row => row).Select(value => (double)value)];

        foreach (int batchSize in (int[])[2, 4])
        {
            float[] together = [.. Evaluation.Logits(model, rows, batchSize).SelectMany(row => row)];
            Assert.IsLessThan(1e-5, Closeness.RelativeError(together, alone), $"{batchSize} at once");
        }
    }

    /// <summary>The last token decides what is read: ends of the text that differ behind an end token give other logits.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void The_last_token_is_read_whatever_stands_before_it(bool onDevice)
    {
        using LlamaClassifier model = TinyLlama.LoadClassifier(TestDevice.Choose(onDevice), 2);
        float[] cut = Logits(model, 1, 5, 2), whole = Logits(model, 1, 5, 2, 6, 2), other = Logits(model, 1, 5, 2, 6, 8);

        Assert.IsGreaterThan(1e-3f, Math.Abs(cut[0] - whole[0]));
        Assert.IsGreaterThan(1e-3f, Math.Abs(whole[0] - other[0]));
    }

    /// <summary>Field case 89.</summary>
    [TestMethod]
    [DataRow(97)]
    [DataRow(-1)]
    [DataRow(int.MaxValue)]
    [DataRow(int.MinValue)]
    public void An_id_out_of_the_table_is_refused(int id)
    {
        using var kernels = new ReferenceKernels();
        using LlamaClassifier model = TinyLlama.LoadClassifier(kernels, 2);
        long memory = kernels.CurrentMemory.Total;

        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => Logits(model, 1, id));

        Assert.AreEqual($"Token id {id} is not in the model's table of 97 words.", e.Message);
        Assert.AreEqual(memory, kernels.CurrentMemory.Total);
        Assert.ThrowsExactly<ArgumentException>(() => Logits(model));
        Assert.ThrowsExactly<ArgumentException>(() => Logits(model, [.. Enumerable.Repeat(1, 65)]));
    }

    [TestMethod]
    [DataRow(TrainingMethod.Full, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Lora, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.MeProp, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.SparseGrad, TrainingScope.All)]
    [DataRow(TrainingMethod.FrozenMlp, TrainingScope.All)]
    [DataRow(TrainingMethod.FrozenMlp, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.BitFit, TrainingScope.All)]
    public void Every_method_trains_the_head(TrainingMethod method, TrainingScope scope)
    {
        using LlamaClassifier model = TinyLlama.LoadClassifier(TestDevice.Kernels, 3);
        var before = new float[3 * TinyLlama.Hidden];
        var after = new float[before.Length];
        model.ReadWeight(LlamaNames.Classifier, before);
        using var trainer = new Trainer(model, TinyLlama.Examples(12), TinyLlama.Options(method, scope) with { Epochs = 10 });
        double first = 0, last = 0;
        while (!trainer.IsFinished)
        {
            StepResult step = trainer.Step();
            first += step.Phase == TrainingPhase.Training && step.Epoch == 0 ? step.Loss : 0;
            last += step.Phase == TrainingPhase.Training && step.Epoch == 9 ? step.Loss : 0;
        }

        model.ReadWeight(LlamaNames.Classifier, after);
        CollectionAssert.AreNotEqual(before, after);
        Assert.IsLessThan(first, last);
    }

    /// <summary>With one output it is a regression, as for a task of scores.</summary>
    [TestMethod]
    public void A_regression_learns()
    {
        using LlamaClassifier model = TinyLlama.LoadClassifier(TestDevice.Kernels, 1);
        TokenizedExample[] examples = [.. TinyLlama.Examples(8).Select((example, i) => example with { Label = i / 4f })];
        using var trainer = new Trainer(model, examples, TinyLlama.Options(TrainingMethod.Full) with { Epochs = 20 });
        float first = trainer.Step().Loss, last = first;
        while (!trainer.IsFinished)
            last = trainer.Step().Loss;
        Assert.IsLessThan(0.5f * first, last);
        Assert.IsTrue(Evaluation.Predictions(model, examples).Distinct().Count() > 2);
    }

    private static float[] Logits(LlamaClassifier model, params int[] ids) => Evaluation.Logits(model, [Row(ids)])[0];

    private static TokenizedExample Row(params int[] ids) => new(ids, new int[ids.Length], null);
}
