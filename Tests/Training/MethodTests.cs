using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Tests.Devices;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Training;

/// <summary>What each method trains, and what it leaves as it was.</summary>
[TestClass]
public sealed class MethodTests
{
    // The tiny model.
    private const int Blocks = 3;
    private const int Hidden = 32;
    private const int Inner = 80;
    private const int Labels = 3;
    private const int Head = Hidden * Hidden + Hidden + Labels * Hidden + Labels;
    private const int MlpWeights = 2 * Blocks * Hidden * Inner;
    private const int MlpBiases = Blocks * (Inner + Hidden);
    private const int KeptOfWeight = Hidden * Inner / 20;
    private const int Kept = 2 * Blocks * KeptOfWeight;
    private const int Factors = 2 * Blocks * 2 * (Hidden + Inner);

    public static IEnumerable<object[]> Cases =>
    [
        [TrainingMethod.Full, TrainingScope.Mlp, MlpWeights],
        [TrainingMethod.SparseGrad, TrainingScope.Mlp, Kept],
        [TrainingMethod.MeProp, TrainingScope.Mlp, Kept],
        [TrainingMethod.Lora, TrainingScope.Mlp, Factors],
        [TrainingMethod.BitFit, TrainingScope.Mlp, MlpBiases],
        [TrainingMethod.FrozenMlp, TrainingScope.Mlp, 0],
        [TrainingMethod.Full, TrainingScope.All, MlpWeights + MlpBiases],
        [TrainingMethod.SparseGrad, TrainingScope.All, Kept + MlpBiases],
        [TrainingMethod.MeProp, TrainingScope.All, Kept + MlpBiases],
        [TrainingMethod.Lora, TrainingScope.All, Factors + MlpBiases],
        [TrainingMethod.BitFit, TrainingScope.All, MlpBiases],
        [TrainingMethod.FrozenMlp, TrainingScope.All, MlpBiases],
    ];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void A_step_changes_what_the_method_trains_and_nothing_else(TrainingMethod method, TrainingScope scope, int mlpValues)
    {
        IKernels kernels = TestDevice.Kernels;
        using BertClassifier model = TinyBert.Load(kernels);
        Dictionary<string, float[]> before = Weights(model);
        using var trainer = new Trainer(model, TinyBert.Examples(12), Options(method, scope));
        trainer.Run();

        // The last update of factors A has a gradient only since B is not zero any more.
        Dictionary<string, float[]> after = Weights(model);
        Assert.AreEqual(mlpValues, trainer.TrainedMlpValues);
        long others = before.Where(weight => !IsMlp(weight.Key) && IsTrained(weight.Key, method, scope)).Sum(weight => weight.Value.Length);
        Assert.IsGreaterThanOrEqualTo(Head, others);
        Assert.AreEqual(mlpValues + others, trainer.TrainedValues);
        foreach ((string name, float[] values) in before)
        {
            bool changed = !values.SequenceEqual(after[name]);
            Assert.AreEqual(IsTrained(name, method, scope), changed, name);
        }
    }

    /// <summary>MeProp changes as many entries of a weight as it keeps, and those of largest gradient.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_step_of_meprop_changes_the_entries_of_largest_gradient(bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        TokenizedExample[] examples = TinyBert.Examples(4);
        using BertClassifier full = TinyBert.Load(kernels, dropout: 0), sparse = TinyBert.Load(kernels, dropout: 0);
        using var trainer = new Trainer(full, examples, Options(TrainingMethod.Full, TrainingScope.Mlp) with { LearningRate = 1 });
        using var meProp = new Trainer(sparse, examples, Options(TrainingMethod.MeProp, TrainingScope.Mlp) with { LearningRate = 1 });
        Dictionary<string, float[]> gradients = Gradients(full, examples);
        Dictionary<string, float[]> before = Weights(sparse);

        meProp.Step();

        Dictionary<string, float[]> after = Weights(sparse);
        foreach (string name in full.DenseMlpLayers.SelectMany(layers => layers).Select(layer => layer.Weight.Name))
        {
            int[] changed = [.. Enumerable.Range(0, before[name].Length).Where(at => before[name][at] != after[name][at])];
            int[] largest = [.. Enumerable.Range(0, before[name].Length).OrderByDescending(at => Math.Abs(gradients[name][at])).Take(KeptOfWeight).Order()];
            CollectionAssert.AreEqual(largest, changed, name);
        }
    }

    /// <summary>A product that begins with zeros changes nothing; what is read back afterwards is the sum.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Lora_begins_with_the_model_as_it_was_and_reads_back_merged(bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        TokenizedExample[] examples = TinyBert.Examples(12);
        using BertClassifier model = TinyBert.Load(kernels);
        float[] before = Logits(model, examples);
        Dictionary<string, float[]> original = Weights(model);
        using var trainer = new Trainer(model, examples, Options(TrainingMethod.Lora, TrainingScope.Mlp) with
        {
            Lora = new LoraOptions { Rank = 3, Alpha = 12, Dropout = 0.25, Targets = [LayerKind.Output, LayerKind.Query] },
        });
        CollectionAssert.AreEqual(before, Logits(model, examples));
        foreach (LoraLinear layer in model.LoraLayers)
        {
            // Uniform within PEFT's bound: the largest come near to it, on both sides.
            double bound = 1 / Math.Sqrt(layer.Weight.Value.Columns);
            float[] factors = kernels.ToArray(layer.Down.Value);
            Assert.IsTrue(factors.All(value => Math.Abs(value) <= bound));
            Assert.IsTrue(factors.Max() > 0.8 * bound && factors.Min() < -0.8 * bound);
        }

        trainer.Run();

        Assert.AreEqual(2 * Blocks, model.LoraLayers.Count());
        foreach (LoraLinear layer in model.LoraLayers)
        {
            float[] a = kernels.ToArray(layer.Down.Value), b = kernels.ToArray(layer.Up.Value);
            int inputs = layer.Weight.Value.Columns;
            var merged = new float[layer.Weight.Value.Length];
            model.ReadWeight(layer.Weight.Name, merged);
            for (int at = 0; at < merged.Length; at++)
            {
                double product = Enumerable.Range(0, 3).Sum(r => (double)b[at / inputs * 3 + r] * a[r * inputs + at % inputs]);
                Assert.AreEqual(original[layer.Weight.Name][at] + 4 * product, merged[at], 1e-6);
            }
        }
    }

    [TestMethod]
    public void A_matching_rank_trains_about_as_many_values_as_the_fraction()
    {
        Assert.AreEqual(3, ParameterBudget.MatchingRank(384, 1536, new TrainingOptions { Fraction = 0.01 }));
        Assert.AreEqual(6, ParameterBudget.MatchingRank(768, 3072, new TrainingOptions { Fraction = 0.01 }));
        Assert.AreEqual(1, ParameterBudget.MatchingRank(32, 64, new TrainingOptions { Fraction = 0.0001 }));
    }

    /// <summary>Field case 64: the gradients of a part are those of the whole.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.BitFit, TrainingScope.All)]
    [DataRow(TrainingMethod.FrozenMlp, TrainingScope.All)]
    [DataRow(TrainingMethod.FrozenMlp, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Full, TrainingScope.Mlp)]
    [DataRow(TrainingMethod.Lora, TrainingScope.Mlp)]
    public void Gradients_of_what_is_trained_are_those_of_the_whole_model(TrainingMethod method, TrainingScope scope)
    {
        IKernels kernels = TestDevice.Kernels;
        TokenizedExample[] examples = TinyBert.Examples(4);
        using BertClassifier part = TinyBert.Load(kernels, dropout: 0), whole = TinyBert.Load(kernels, dropout: 0);
        using var trainer = new Trainer(part, examples, Options(method, scope));
        using var other = new Trainer(whole, examples, Options(method == TrainingMethod.Lora ? method : TrainingMethod.Full, TrainingScope.All));
        Dictionary<string, float[]> expected = Gradients(whole, examples), actual = Gradients(part, examples);

        string[] trained = [.. part.Parameters.Where(parameter => parameter.IsTrainable).Select(parameter => parameter.Name)];
        Assert.IsNotEmpty(trained);
        CollectionAssert.AreEquivalent(trained, actual.Keys);
        foreach ((string name, float[] values) in actual)
        {
            Assert.IsTrue(Array.TrueForAll(values, float.IsFinite), name);
            for (int at = 0; at < values.Length; at++)
            {
                Assert.AreEqual(expected[name][at], values[at], 1e-6, name);
            }
        }
    }

    /// <summary>Field case 76: weights of a half-precision checkpoint that are trained in half precision, where a small step is
    /// lost.</summary>
    [TestMethod]
    public void A_half_precision_checkpoint_is_trained_in_single_precision()
    {
        const double Rate = 1e-6;
        using var folder = new TempFolder();
        using (BertCheckpoint original = TinyBert.Open())
        {
            HuggingFaceFolder.SaveBert(original, folder.Path, original.Read, new BertSaveOptions { WeightType = SafetensorsType.F16 });
        }

        using BertCheckpoint half = BertCheckpoint.Open(folder.Path, Labels);
        Assert.AreEqual(SafetensorsType.F16, half.SourceOf("classifier.weight")!.Type);
        using var model = new BertClassifier(TestDevice.Kernels, half.Config, half);
        using var trainer = new Trainer(
            model, TinyBert.Examples(4), Options(TrainingMethod.Lora, TrainingScope.Mlp) with { LearningRate = Rate });
        float[] before = TestDevice.Kernels.ToArray(model.Head[1].Weight.Value);

        trainer.Run();

        // The first step of Adam is the rate, against the sign of the gradient.
        float[] after = TestDevice.Kernels.ToArray(model.Head[1].Weight.Value);
        Assert.IsTrue(before.Zip(after).All(pair => Math.Abs(Math.Abs(pair.Second - pair.First) - Rate) < 1e-7));
        float[] factors = TestDevice.Kernels.ToArray(model.LoraLayers.Last().Up.Value);
        Assert.IsTrue(factors.All(value => Math.Abs(Math.Abs(value) - Rate) < 1e-8), string.Join(' ', factors));
    }

    private static TrainingOptions Options(TrainingMethod method, TrainingScope scope) =>
        TinyBert.Options(method) with { Scope = scope, Lora = new LoraOptions { Rank = 2 } };

    private static bool IsTrained(string name, TrainingMethod method, TrainingScope scope)
    {
        bool head = name.StartsWith("classifier", StringComparison.Ordinal) || name.StartsWith("bert.pooler", StringComparison.Ordinal);
        bool mlp = IsMlp(name);
        bool mlpWeight = mlp && name.EndsWith("weight", StringComparison.Ordinal);
        return head || (method == TrainingMethod.BitFit
            ? name.EndsWith(".bias", StringComparison.Ordinal) && (mlp || scope == TrainingScope.All)
            : mlpWeight ? method != TrainingMethod.FrozenMlp : scope == TrainingScope.All);
    }

    private static bool IsMlp(string name) => name.Contains(".intermediate.", StringComparison.Ordinal) ||
        (name.Contains(".output.dense", StringComparison.Ordinal) && !name.Contains("attention", StringComparison.Ordinal));

    private static Dictionary<string, float[]> Weights(BertClassifier model)
    {
        using BertCheckpoint checkpoint = TinyBert.Open();
        return checkpoint.Parameters.ToDictionary(parameter => parameter.Name, parameter =>
        {
            var values = new float[parameter.Shape.Aggregate(1L, (product, side) => product * side)];
            model.ReadWeight(parameter.Name, values);
            return values;
        });
    }

    private static Dictionary<string, float[]> Gradients(BertClassifier model, TokenizedExample[] examples)
    {
        using PackedBatch batch = PackedBatch.Create(model.Kernels, model.Config, examples);
        using Tape tape = Tape.ForTraining(model.Kernels, 0, 0);
        using Tensors.Tensor labels = model.Kernels.FromArray(Array.ConvertAll(examples, example => (uint)example.Label!.Value));
        tape.CrossEntropy(model.Logits(tape, batch), labels);
        tape.Backward();
        Dictionary<string, float[]> gradients = model.Parameters.Where(parameter => parameter.Gradient is not null)
            .ToDictionary(parameter => parameter.Name, parameter => model.Kernels.ToArray(parameter.Gradient!));
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.ClearGradient();
        }

        return gradients;
    }

    private static float[] Logits(BertClassifier model, TokenizedExample[] examples) =>
        [.. Evaluation.Logits(model, examples).SelectMany(row => row)];
}
