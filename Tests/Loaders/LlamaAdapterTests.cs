using System.Text.Json;
using System.Text.RegularExpressions;
using VkSparseGrad.Kernels;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>Field case 74 for LLaMA: base and adapter, and the model they are merged to, give the trained model again.</summary>
[TestClass]
public sealed class LlamaAdapterTests
{
    private const double Tolerance = 1e-6;

    /// <summary>The roundings of four blocks on a device add up to 1.2e-6.</summary>
    private const double LogitsTolerance = 2e-6;

    private static readonly Dictionary<string, (TrainingOptions Options, LlamaOptions Layers)> Runs = new()
    {
        ["sparsegrad, mlp"] = (TrainedLlama.Options(TrainingMethod.SparseGrad) with { KeptEntries = 60 }, new()),
        ["sparsegrad, all, gate, refresh"] = (
            TrainedLlama.Options(TrainingMethod.SparseGrad, TrainingScope.All) with { Fraction = 0.0137, Selection = Selection.Refreshed(4) },
            new() { AdaptsGate = true }),
        ["sparsegrad, blocks, gate, rows"] = (
            TrainedLlama.Options(TrainingMethod.SparseGrad) with { Fraction = 0.03, Selection = Selection.AmongCoordinates(CoordinateCount.Share(0.4), 3) },
            new() { Blocks = [0, 3], AdaptsGate = true }),
        ["meprop, all"] = (TrainedLlama.Options(TrainingMethod.MeProp, TrainingScope.All) with { KeptEntries = 60 }, new()),
        ["meprop, blocks"] = (TrainedLlama.Options(TrainingMethod.MeProp), new() { Blocks = [2], AdaptsGate = true }),
        ["lora, mlp"] = (TrainedLlama.Options(TrainingMethod.Lora), new()),
        ["lora, all"] = (TrainedLlama.Options(TrainingMethod.Lora, TrainingScope.All) with { Lora = new() { Rank = 3, Alpha = 7, Dropout = 0.1 } }, new()),
        ["lora, attention and gate, blocks"] = (
            TrainedLlama.Options(TrainingMethod.Lora) with { Lora = new() { Targets = [LayerKind.Query, LayerKind.Value, LayerKind.Gate, LayerKind.AttentionOutput] } },
            new() { Blocks = [0, 2] }),
        ["frozen-mlp, all"] = (TrainedLlama.Options(TrainingMethod.FrozenMlp, TrainingScope.All), new()),
    };

    public static IEnumerable<object[]> Cases =>
        Runs.Keys.SelectMany(run => ((int[])[0, 3]).SelectMany(labels => (object[][])[[run, labels, false], [run, labels, true]]));

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Base_and_adapter_and_the_merged_model_give_the_trained_one(string run, int labels, bool onDevice)
    {
        IKernels kernels = TestDevice.Choose(onDevice);
        (TrainingOptions options, LlamaOptions layers) = Runs[run];
        using var adapter = new TrainedLlama(kernels, labels, options, layers);
        Assert.IsGreaterThan(0.01, RelativeError(adapter.Before, adapter.After), "training has changed the model");
        Assert.AreEqual(
            new AdapterDescription("tiny-llama", labels == 0 ? "language-model" : "cola", labels, options.Method), AdapterDescription.Read(adapter.Path));

        using var fresh = new ReferenceKernels();
        IKernels own = onDevice ? kernels : fresh;
        using LlamaCheckpoint checkpoint = TrainedLlama.Open(labels);
        using AdaptedWeights adapted = AdaptedWeights.Open(own, checkpoint, adapter.Path);
        Assert.IsNull(adapted.Warning);
        foreach ((string name, float[] expected) in adapter.Weights)
        {
            float[] actual = new float[expected.Length];
            adapted.Read(name, actual);
            Assert.IsLessThan(Tolerance, RelativeError(expected, actual), name);
        }

        Assert.IsLessThan(LogitsTolerance, RelativeError(adapter.After, TrainedLlama.Logits(own, checkpoint, adapted)));

        using var merged = new TempFolder();
        HuggingFaceFolder.SaveLlama(checkpoint, merged.Path, adapted.Read);
        using LlamaCheckpoint result = TrainedLlama.Open(labels, merged.Path);
        Assert.IsEmpty(result.NewlyInitialized);
        Assert.IsLessThan(LogitsTolerance, RelativeError(adapter.After, TrainedLlama.Logits(own, result, result)));
    }

    /// <summary>BitFit has a classifier's head to train, though no bias.</summary>
    [TestMethod]
    public void The_head_alone_is_an_adapter_too()
    {
        using var adapter = new TrainedLlama(TestDevice.Choose(onDevice: false), 3, TrainedLlama.Options(TrainingMethod.BitFit));
        CollectionAssert.AreEqual(new[] { LlamaNames.Classifier }, RawSafetensors.Parse(adapter.Tensors).Keys.ToArray());
        using LlamaCheckpoint checkpoint = TrainedLlama.Open(3);
        using AdaptedWeights adapted = AdaptedWeights.Open(TestDevice.Kernels, checkpoint, adapter.Path);
        Assert.IsLessThan(1e-5, RelativeError(adapter.After, TrainedLlama.Logits(TestDevice.Kernels, checkpoint, adapted)));
    }

    [TestMethod]
    [DataRow("sparsegrad, blocks, gate, rows", 0)]
    [DataRow("sparsegrad, mlp", 3)]
    [DataRow("meprop, all", 0)]
    [DataRow("lora, mlp", 3)]
    [DataRow("lora, attention and gate, blocks", 0)]
    [DataRow("frozen-mlp, all", 3)]
    public void Each_missing_tensor_is_refused_by_its_name(string run, int labels)
    {
        IKernels kernels = TestDevice.Choose(onDevice: false);
        using var adapter = new TrainedLlama(kernels, labels, Runs[run].Options, Runs[run].Layers);
        using LlamaCheckpoint checkpoint = TrainedLlama.Open(labels);
        foreach (string name in RawSafetensors.Parse(adapter.Tensors).Keys)
        {
            using TempFolder copy = adapter.Copy();
            TrainedAdapter.Edit(copy, tensors => tensors.Remove(name));
            Assert.Contains(
                name, Assert.ThrowsExactly<ModelFolderException>(() => AdaptedWeights.Open(kernels, checkpoint, copy.Path)).Message);
        }
    }

    [TestMethod]
    public void The_contents_of_a_sparsegrad_adapter()
    {
        (TrainingOptions options, LlamaOptions layers) = Runs["sparsegrad, blocks, gate, rows"];
        using var adapter = new TrainedLlama(TestDevice.Choose(onDevice: false), 0, options, layers);
        string[] expected =
        [
            .. ((int[])[0, 3]).SelectMany(block => ((string[])["up_proj", "down_proj", "gate_proj"]).SelectMany(layer => (string[])
                [$"model.layers.{block}.mlp.{layer}.weight.sparse_indices", $"model.layers.{block}.mlp.{layer}.weight.sparse_values"])),
            .. ((string[])["up_proj", "down_proj", "gate_proj"]).SelectMany(kind => (string[])[$"basis.{kind}.output", $"basis.{kind}.input"]),
        ];
        CollectionAssert.AreEquivalent(expected, RawSafetensors.Parse(adapter.Tensors).Keys.ToArray());
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(adapter.Config));
        Assert.AreEqual("CAUSAL_LM", config.RootElement.GetProperty("task_type").GetString());
        Assert.IsFalse(config.RootElement.TryGetProperty("num_labels", out _));
    }

    /// <summary>The number of kept entries in place of a share that the run did not have.</summary>
    [TestMethod]
    [DataRow(null, "fraction", "0.05")]
    [DataRow(60, "kept_entries", "60")]
    public void The_configuration_says_how_many_entries_were_kept(int? kept, string name, string value)
    {
        using var adapter = new TrainedLlama(
            TestDevice.Choose(onDevice: false), 0, TrainedLlama.Options(TrainingMethod.MeProp) with { KeptEntries = kept });
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(adapter.Config));
        Assert.AreEqual(value, config.RootElement.GetProperty(name).GetRawText());
        Assert.IsFalse(config.RootElement.TryGetProperty(kept is null ? "kept_entries" : "fraction", out _));
    }

    [TestMethod]
    [DataRow(0, "CAUSAL_LM")]
    [DataRow(3, "SEQ_CLS")]
    public void Loras_layout_is_PEFTs(int labels, string taskType)
    {
        using var adapter = new TrainedLlama(
            TestDevice.Choose(onDevice: false), labels,
            TrainedLlama.Options(TrainingMethod.Lora) with { Lora = new() { Rank = 3, Targets = [LayerKind.Intermediate, LayerKind.Output, LayerKind.Key] } });
        string[] expected =
        [
            .. Enumerable.Range(0, TinyLlama.Layers).SelectMany(block => (string[])
            [
                $"base_model.model.model.layers.{block}.mlp.up_proj.lora_A.weight F32 [3, 32]",
                $"base_model.model.model.layers.{block}.mlp.up_proj.lora_B.weight F32 [88, 3]",
                $"base_model.model.model.layers.{block}.mlp.down_proj.lora_A.weight F32 [3, 88]",
                $"base_model.model.model.layers.{block}.mlp.down_proj.lora_B.weight F32 [32, 3]",
                $"base_model.model.model.layers.{block}.self_attn.k_proj.lora_A.weight F32 [3, 32]",
                $"base_model.model.model.layers.{block}.self_attn.k_proj.lora_B.weight F32 [16, 3]",
            ]),
            .. labels == 0 ? (string[])[] : ["base_model.model.score.weight F32 [3, 32]"],
        ];
        CollectionAssert.AreEquivalent(
            expected, RawSafetensors.Parse(adapter.Tensors).Select(tensor => $"{tensor.Key} {tensor.Value.Type} [{string.Join(", ", tensor.Value.Shape)}]").ToArray());

        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(adapter.Config));
        Assert.AreEqual(taskType, config.RootElement.GetProperty("task_type").GetString());
        CollectionAssert.AreEqual(
            labels == 0 ? [] : new[] { "score" }, config.RootElement.GetProperty("modules_to_save").EnumerateArray().Select(module => module.GetString()).ToArray());
        var pattern = new Regex($"^(?:{config.RootElement.GetProperty("target_modules").GetString()})$");
        using LlamaCheckpoint checkpoint = TrainedLlama.Open(labels);
        string[] matched = [.. checkpoint.Parameters.Select(parameter => parameter.Name[..parameter.Name.LastIndexOf('.')]).Where(name => pattern.IsMatch(name))];
        CollectionAssert.AreEquivalent(
            Enumerable.Range(0, TinyLlama.Layers).SelectMany(block => (string[])
                [$"model.layers.{block}.mlp.up_proj", $"model.layers.{block}.mlp.down_proj", $"model.layers.{block}.self_attn.k_proj"]).ToArray(),
            matched);
    }

    [TestMethod]
    [DataRow("sparsegrad, mlp")]
    [DataRow("lora, mlp")]
    public void Another_base_is_refused(string run)
    {
        IKernels kernels = TestDevice.Choose(onDevice: false);
        using var adapter = new TrainedLlama(kernels, 0, Runs[run].Options, Runs[run].Layers);

        // The same shapes, but other values.
        using var other = new TempFolder();
        TinyLlama.WriteRandom(other.Path, File.ReadAllText(Path.Combine(TinyLlama.Folder, "config.json")));
        using (LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(other.Path))
        {
            ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => AdaptedWeights.Open(kernels, checkpoint, adapter.Path));
            Assert.Contains("the adapter was trained from 'tiny-llama'", e.Message);
            Assert.Contains("is another model", e.Message);
        }

        // A LLaMA with fewer blocks, and a BERT.
        using var smaller = new TempFolder();
        TinyLlama.WriteRandom(smaller.Path, File.ReadAllText(Path.Combine(TinyLlama.Folder, "config.json")).Replace("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 3", StringComparison.Ordinal));
        using (LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(smaller.Path))
            Assert.Contains("model.layers.3", Assert.ThrowsExactly<ModelFolderException>(() => AdaptedWeights.Open(kernels, checkpoint, adapter.Path)).Message);
        using (LlamaCheckpoint classifier = TrainedLlama.Open(3))
            Assert.Contains("but the base is none", Assert.ThrowsExactly<ModelFolderException>(() => AdaptedWeights.Open(kernels, classifier, adapter.Path)).Message);
        Assert.Contains(
            "the adapter is a language model's",
            Assert.ThrowsExactly<ModelFolderException>(() => ModelFolder.OpenForAdapter(Path.Combine(AppContext.BaseDirectory, "golden", "tiny-bert-classify"), 0)).Message);
    }

    /// <summary>What the adapter leaves alone is of the base's type, and what it changes has 32 bits.</summary>
    [TestMethod]
    [DataRow("sparsegrad, blocks, gate, rows")]
    [DataRow("lora, attention and gate, blocks")]
    public void A_base_in_16_bits_stays_so_where_the_adapter_changes_nothing(string run)
    {
        (TrainingOptions options, LlamaOptions layers) = Runs[run];
        using var folder = new TempFolder();
        TinyLlama.Write(folder.Path, SafetensorsType.BF16);
        layers = layers with { KeepsHalves = true };
        IKernels kernels = TestDevice.Kernels;
        using var adapter = new TrainedLlama(kernels, 0, options, layers, folder.Path);
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(folder.Path);
        using AdaptedWeights adapted = AdaptedWeights.Open(kernels, checkpoint, adapter.Path);
        foreach (LlamaParameter parameter in checkpoint.Parameters)
        {
            float[] before = new float[parameter.ElementCount];
            checkpoint.Read(parameter.Name, before);
            bool isChanged = !before.SequenceEqual(adapter.Weights[parameter.Name]);
            Assert.AreEqual(isChanged ? WeightFormat.Float32 : WeightFormat.BFloat16, adapted.FormatOf(parameter.Name), parameter.Name);
            var halves = new ushort[parameter.ElementCount];
            if (isChanged)
                Assert.ThrowsExactly<InvalidOperationException>(() => adapted.ReadHalves(parameter.Name, halves));
            else
                adapted.ReadHalves(parameter.Name, halves);
        }

        // As it was trained, as generate loads it, and in 32 bits. A product that was apart is part of the weight now.
        foreach (LlamaOptions loaded in (LlamaOptions[])[layers, new() { Blocks = [1], KeepsHalves = true }, new()])
            Assert.IsLessThan(3e-6, RelativeError(adapter.After, TrainedLlama.Logits(kernels, checkpoint, adapted, loaded)));
    }

    /// <summary>A tied model's one table is trained with scope all, and is one in the adapter and in the merged model.</summary>
    [TestMethod]
    [DataRow(TrainingMethod.SparseGrad)]
    [DataRow(TrainingMethod.Lora)]
    public void A_tied_base(TrainingMethod method)
    {
        using TempFolder folder = new(), merged = new();
        TinyLlama.Write(folder.Path, SafetensorsType.F32, tied: true);
        IKernels kernels = TestDevice.Kernels;
        using var adapter = new TrainedLlama(kernels, 0, TrainedLlama.Options(method, TrainingScope.All), baseFolder: folder.Path);
        using LlamaCheckpoint checkpoint = LlamaCheckpoint.Open(folder.Path);
        using AdaptedWeights adapted = AdaptedWeights.Open(kernels, checkpoint, adapter.Path);
        Assert.IsLessThan(LogitsTolerance, RelativeError(adapter.After, TrainedLlama.Logits(kernels, checkpoint, adapted)));

        HuggingFaceFolder.SaveLlama(checkpoint, merged.Path, adapted.Read);

        using LlamaCheckpoint result = LlamaCheckpoint.Open(merged.Path);
        Assert.IsFalse(RawSafetensors.Parse(merged.File("model.safetensors")).ContainsKey(LlamaNames.Output));
        Assert.IsLessThan(LogitsTolerance, RelativeError(adapter.After, TrainedLlama.Logits(kernels, result, result)));
    }

    private static double RelativeError(float[] expected, float[] actual) =>
        Closeness.RelativeError(actual, Array.ConvertAll(expected, value => (double)value));
}
