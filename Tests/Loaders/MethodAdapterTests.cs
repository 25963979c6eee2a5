using System.Text.Json;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>Field case 74 for every method: base and adapter, and the model they are merged to, give the trained model again.</summary>
[TestClass]
public sealed class MethodAdapterTests
{
    private const double Tolerance = 1e-6;

    /// <summary>Methods with uneven fractions, ranks, targets and selections.</summary>
    private static readonly Dictionary<string, TrainingOptions> Runs = new()
    {
        ["sparsegrad, 0.0137, rows"] = TrainedAdapter.Options(TrainingMethod.SparseGrad) with
        {
            Fraction = 0.0137, Selection = Selection.AmongCoordinates(CoordinateCount.Number(7), 3),
        },
        ["sparsegrad, 0.0003, refresh, mlp"] = TrainedAdapter.Options(TrainingMethod.SparseGrad) with
        {
            Fraction = 0.0003, Selection = Selection.Refreshed(4), Scope = TrainingScope.Mlp,
        },
        ["sparsegrad, share, accumulation"] = TrainedAdapter.Options(TrainingMethod.SparseGrad) with
        {
            Fraction = 1, Selection = Selection.AmongCoordinates(CoordinateCount.Share(0.37), 5), Accumulation = 2, Epochs = 5,
        },
        ["meprop, 0.0137"] = TrainedAdapter.Options(TrainingMethod.MeProp) with { Fraction = 0.0137 },
        ["meprop, 1, mlp"] = TrainedAdapter.Options(TrainingMethod.MeProp) with { Fraction = 1, Scope = TrainingScope.Mlp },
        ["lora, mlp"] = TrainedAdapter.Options(TrainingMethod.Lora) with { Scope = TrainingScope.Mlp },
        ["lora, 3, alpha 7, dropout"] = TrainedAdapter.Options(TrainingMethod.Lora) with
        {
            Lora = new LoraOptions { Rank = 3, Alpha = 7, Dropout = 0.1 },
        },
        ["lora, attention and output"] = TrainedAdapter.Options(TrainingMethod.Lora) with
        {
            Lora = new LoraOptions { Rank = 5, Targets = [LayerKind.Output, LayerKind.Query, LayerKind.AttentionOutput] },
        },
        ["lora, value, mlp"] = TrainedAdapter.Options(TrainingMethod.Lora) with
        {
            Lora = new LoraOptions { Rank = 1, Targets = [LayerKind.Value] }, Scope = TrainingScope.Mlp,
        },
        ["bitfit"] = TrainedAdapter.Options(TrainingMethod.BitFit),
        ["bitfit, mlp"] = TrainedAdapter.Options(TrainingMethod.BitFit) with { Scope = TrainingScope.Mlp },
        ["frozen-mlp"] = TrainedAdapter.Options(TrainingMethod.FrozenMlp),
        ["frozen-mlp, mlp"] = TrainedAdapter.Options(TrainingMethod.FrozenMlp) with { Scope = TrainingScope.Mlp },
    };

    private static IEnumerable<object[]> Cases => Runs.Keys.SelectMany(run => (object[][])[[run, false], [run, true]]);

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Base_and_adapter_and_the_merged_model_give_the_trained_one(string run, bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        using var adapter = new TrainedAdapter(kernels, Runs[run], newHead: true);
        Assert.IsGreaterThan(0.01, RelativeError(adapter.Before, adapter.After), "training has changed the model");
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase(newHead: true);
        using AdaptedWeights adapted = AdaptedWeights.Open(kernels, checkpoint, adapter.Path);
        Assert.IsNull(adapted.Warning);
        foreach ((string name, float[] expected) in adapter.Weights)
        {
            float[] actual = new float[expected.Length];
            adapted.Read(name, actual);
            if (name.EndsWith(".weight", StringComparison.Ordinal) && name.Contains(".encoder.", StringComparison.Ordinal))
                Assert.IsLessThan(Tolerance, RelativeError(expected, actual), name);
            else
                CollectionAssert.AreEqual(expected, actual, name);
        }

        Assert.IsLessThan(Tolerance, RelativeError(adapter.After, TrainedAdapter.Logits(kernels, checkpoint.Config, adapted)));

        using var merged = new TempFolder();
        HuggingFaceFolder.SaveBert(checkpoint, merged.Path, adapted.Read);
        using BertCheckpoint result = BertCheckpoint.Open(merged.Path, TrainedAdapter.Labels);
        Assert.IsEmpty(result.NewlyInitialized);
        Assert.IsLessThan(Tolerance, RelativeError(adapter.After, TrainedAdapter.Logits(kernels, result.Config, result)));
    }

    /// <summary>What no run touches is not in the adapter, and its size is that of what was trained.</summary>
    [TestMethod]
    public void An_adapter_holds_nothing_but_what_was_trained()
    {
        foreach ((string run, TrainingOptions options) in Runs)
        {
            using var adapter = new TrainedAdapter(TestDevice.Choose(onDevice: false), options, newHead: true);
            Dictionary<string, (string Type, long[] Shape, byte[] Data)> tensors = RawSafetensors.Parse(adapter.Tensors);
            using BertCheckpoint checkpoint = TrainedAdapter.OpenBase(newHead: true);
            foreach (BertParameter parameter in checkpoint.Parameters)
            {
                float[] before = new float[parameter.ElementCount];

                // A key's bias adds the same to all scores of a query, so its gradient is zero.
                if (!checkpoint.Contains(parameter.Name) || parameter.Name.EndsWith(".key.bias", StringComparison.Ordinal))
                    continue;
                checkpoint.Read(parameter.Name, before);
                bool isIn = tensors.Keys.Any(name => name == parameter.Name || name == "base_model.model." + parameter.Name);
                if (isIn)
                    CollectionAssert.AreNotEqual(before, adapter.Weights[parameter.Name], $"{run}: {parameter.Name}");
            }

            AdapterDescription description = AdapterDescription.Read(adapter.Path);
            Assert.AreEqual(new AdapterDescription("tiny-bert", "cola", TrainedAdapter.Labels, options.Method), description);
        }
    }

    [TestMethod]
    public void MeProps_differences_are_those_of_the_weights()
    {
        using var adapter = new TrainedAdapter(TestDevice.Choose(onDevice: false), Runs["meprop, 0.0137"]);
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase();
        Dictionary<string, (string Type, long[] Shape, byte[] Data)> tensors = RawSafetensors.Parse(adapter.Tensors);
        Assert.IsFalse(tensors.Keys.Any(name => name.StartsWith("basis.", StringComparison.Ordinal)));
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(adapter.Config));
        JsonElement listed = config.RootElement.GetProperty("sparse_weights");
        Assert.AreEqual(6, listed.GetPropertyCount());
        foreach (JsonProperty entry in listed.EnumerateObject())
        {
            float[] weight = new float[32 * 80];
            checkpoint.Read(entry.Name, weight);
            (string type, long[] shape, byte[] data) = tensors[entry.Name + ".sparse_indices"];
            float[] values = RawSafetensors.Floats(tensors[entry.Name + ".sparse_values"].Data);
            Assert.AreEqual("I64", type);
            Assert.AreEqual(entry.Value.GetProperty("entries").GetInt64(), shape.Single());

            // Ten steps of 35 entries each, of 2,560.
            Assert.IsInRange(35, 350, values.Length);
            for (int i = 0; i < values.Length; i++)
                weight[BitConverter.ToInt64(data, 8 * i)] += values[i];
            Assert.IsLessThan(Tolerance, RelativeError(adapter.Weights[entry.Name], weight));
        }
    }

    [TestMethod]
    public void Full_fine_tuning_has_no_adapter()
    {
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase();
        using var model = new BertClassifier(TestDevice.Choose(onDevice: false), checkpoint.Config, checkpoint);
        using var folder = new TempFolder();
        ArgumentException e = Assert.ThrowsExactly<ArgumentException>(() => Adapter.Save(
            folder.File("adapter"), model, checkpoint, "tiny-bert", "cola", TrainedAdapter.Options(TrainingMethod.Full)));
        Assert.Contains("it would be the model itself", e.Message);
        Assert.IsFalse(Directory.Exists(folder.File("adapter")));
    }

    private static double RelativeError(float[] expected, float[] actual) =>
        Closeness.RelativeError(actual, Array.ConvertAll(expected, value => (double)value));
}
