using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>LoRA and MeProp adapters that are not whole, damaged or hostile.</summary>
[TestClass]
public sealed class PeftRefusalTests
{
    private const string Down = "base_model.model.bert.encoder.layer.1.output.dense.lora_A.weight";

    private static readonly IKernels Kernels = TestDevice.Choose(onDevice: false);
    private static readonly TrainingOptions Lora = TrainedAdapter.Options(TrainingMethod.Lora) with { Lora = new LoraOptions { Rank = 3 } };
    private static TrainedAdapter? _lora;
    private static TrainedAdapter? _meProp;

    [ClassInitialize]
    public static void Train(TestContext context)
    {
        _ = context;
        _lora = new TrainedAdapter(Kernels, Lora with { Scope = TrainingScope.Mlp }, newHead: true);
        _meProp = new TrainedAdapter(Kernels, TrainedAdapter.Options(TrainingMethod.MeProp) with { Scope = TrainingScope.Mlp }, newHead: true);
    }

    [ClassCleanup]
    public static void Clean()
    {
        _lora?.Dispose();
        _meProp?.Dispose();
    }

    /// <summary>Field case 74.</summary>
    [TestMethod]
    public void Every_tensor_is_needed()
    {
        using var all = new TrainedAdapter(Kernels, Lora, newHead: true);
        AssertEveryTensorIsNeeded(all);
        AssertEveryTensorIsNeeded(_lora!);
        AssertEveryTensorIsNeeded(_meProp!);
    }

    private static void AssertEveryTensorIsNeeded(TrainedAdapter trained)
    {
        foreach (string name in RawSafetensors.Parse(trained.Tensors).Keys)
        {
            using TempFolder copy = trained.Copy();
            TrainedAdapter.Edit(copy, tensors => tensors.Remove(name));
            AssertRefused(copy, $"adapter_model.safetensors: '{name}' was trained but is missing");
        }
    }

    [TestMethod]
    [DataRow("\"r\": 3", "\"r\": 4", "'base_model.model.bert.encoder.layer.0.intermediate.dense.lora_A.weight' is [3, 32], but the base model and adapter_config.json make it [4, 32]")]
    [DataRow("\"r\": 3", "\"r\": 1000000000", "r is '1000000000', expected an integer from 1 to 65536")]
    [DataRow("\"r\": 3", "\"r\": 0", "r is '0'")]
    [DataRow("\"lora_alpha\": 6", "\"lora_alpha\": 0", "lora_alpha is '0', expected a number above 0")]
    [DataRow("\"lora_alpha\": 6", "\"lora_alpha\": 1e999", "lora_alpha is '1e999'")]
    [DataRow("\"lora_alpha\": 6", "\"alpha\": 6", "lora_alpha is missing")]
    [DataRow("\"bias\": \"none\"", "\"bias\": \"all\"", "bias is '\"all\"'; only \"none\"")]
    [DataRow("\"SEQ_CLS\"", "\"CAUSAL_LM\"", "the adapter is a language model's, but the base is none")]
    [DataRow("\"SEQ_CLS\"", "\"SEQ_2_SEQ_LM\"", "task_type is '\"SEQ_2_SEQ_LM\"'")]
    [DataRow("\"fan_in_fan_out\": false", "\"fan_in_fan_out\": true", "fan_in_fan_out is 'true'; that is not supported here")]
    [DataRow("\"bias\"", "\"use_dora\": true, \"bias\"", "use_dora is 'true'; that is not supported here")]
    [DataRow("\"bias\"", "\"rank_pattern\": {\"a\": 5}, \"bias\"", "rank_pattern is an Object; that is not supported here")]
    [DataRow("\"layers_to_transform\": null", "\"layers_to_transform\": [1]", "layers_to_transform is an Array; that is not supported here")]
    [DataRow("\"bias\"", "\"bias\": \"none\", \"bias\"", "a key is there twice")]
    [DataRow("\"modules_to_save\": [", "\"modules_to_save\": [\"\", ", "modules_to_save holds an empty name")]
    [DataRow("\"modules_to_save\": [", "\"modules_to_save\": [7, ", "modules_to_save holds '7', expected strings")]
    [DataRow("\"modules_to_save\": [", "\"modules_to_save\": [\"output.dense\", ", "output.dense.weight' was trained but is missing")]
    [DataRow("\"target_modules\": \"", "\"target_modules\": \"((((", "which is no regular expression that is supported here")]
    [DataRow("\"target_modules\": \"", "\"target_modules\": \"(?=x)|", "which is no regular expression that is supported here")]
    [DataRow("\"target_modules\": \"", "\"target_modules\": \".*query|", "attention.self.query.lora_A.weight' was trained but is missing")]
    [DataRow("\"target_modules\": \"", "\"target_modules\": \"nothing\", \"other\": \"", "is not listed in adapter_config.json")]
    [DataRow("\"target_modules\": \"", "\"target_modules\": {}, \"other\": \"", "target_modules is an Object, expected a string")]
    public void A_hostile_configuration_is_refused(string old, string replacement, string part)
    {
        using TempFolder copy = _lora!.Copy();
        Replace(copy, old, replacement);
        AssertRefused(copy, part);
    }

    /// <summary>An expression that takes a backtracking engine longer than anyone waits.</summary>
    [TestMethod]
    [Timeout(30_000)]
    public void A_pattern_cannot_take_long()
    {
        using TempFolder copy = _lora!.Copy();
        Replace(copy, "\"target_modules\": \"", "\"target_modules\": \"(([a-z.0-9]+)*)*!|");
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase(newHead: true);
        using AdaptedWeights adapted = AdaptedWeights.Open(Kernels, checkpoint, copy.Path);
        Replace(copy, "\"target_modules\": \"", "\"target_modules\": \"" + new string('a', 5000));
        AssertRefused(copy, " characters long, supported are 4096");
    }

    [TestMethod]
    [DataRow("\"rows\": 80", "\"rows\": 81", "is [81, 32], but the base model and adapter_config.json make it [80, 32]")]
    [DataRow("\"rows\": 80", "\"rows\": 46341", "rows is '46341', expected an integer from 1 to 46340")]
    [DataRow("\"columns\": 32", "\"columns\": -1", "columns is '-1'")]
    [DataRow("\"entries\": ", "\"entries\": 99999", "expected an integer from 0 to 2560")]
    [DataRow("\"entries\": ", "\"entries\": 1", ".sparse_values' is [")]
    [DataRow("\"MEPROP\"", "\"SPARSEGRAD\"", "small_side is missing")]
    [DataRow("\"MEPROP\"", "\"BITFIT\"", "is not listed in adapter_config.json")]
    public void A_hostile_MeProp_configuration_is_refused(string old, string replacement, string part)
    {
        using TempFolder copy = _meProp!.Copy();
        Replace(copy, old, replacement);
        AssertRefused(copy, part);
    }

    [TestMethod]
    [DataRow(-1L, "has the index -1, expected 0 to 2559")]
    [DataRow(2560L, "has the index 2560, expected 0 to 2559")]
    [DataRow(long.MaxValue, "has the index 9223372036854775807, expected 0 to 2559")]
    public void Indices_outside_a_weight_are_refused(long index, string part)
    {
        const string weight = "bert.encoder.layer.0.output.dense.weight";
        using TempFolder copy = _meProp!.Copy();
        TrainedAdapter.Edit(copy, tensors => BitConverter.GetBytes(index).CopyTo(tensors[weight + ".sparse_indices"].Data, 0));
        AssertReadRefused(copy, weight, part);
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.NegativeInfinity)]
    public void Factors_that_are_not_finite_are_refused(float value)
    {
        using TempFolder copy = _lora!.Copy();
        TrainedAdapter.Edit(copy, tensors => BitConverter.GetBytes(value).CopyTo(tensors[Down].Data, 4));
        AssertReadRefused(copy, "bert.encoder.layer.1.output.dense.weight", "with this adapter 'bert.encoder.layer.1.output.dense.weight' is ");
    }

    [TestMethod]
    public void A_head_of_no_labels_is_refused()
    {
        using TempFolder copy = _lora!.Copy();
        TrainedAdapter.Edit(copy, tensors => tensors["base_model.model.classifier.weight"] = ("F32", [0, 32], []));
        AssertRefused(copy, "'base_model.model.classifier.weight' is [0, 32], expected a row for each label");
    }

    private static void AssertReadRefused(TempFolder copy, string weight, string part)
    {
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase(newHead: true);
        using AdaptedWeights adapted = AdaptedWeights.Open(Kernels, checkpoint, copy.Path);
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => adapted.Read(weight, new float[32 * 80]));
        Assert.Contains(part, e.Message);
        Assert.DoesNotContain("\n", e.Message);
    }

    private static void AssertRefused(TempFolder copy, string part)
    {
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase(newHead: true);
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => AdaptedWeights.Open(Kernels, checkpoint, copy.Path).Dispose());
        Assert.Contains(part, e.Message);
        Assert.DoesNotContain("\n", e.Message);
    }

    private static void Replace(TempFolder copy, string old, string replacement)
    {
        string path = copy.File("adapter_config.json");
        string config = File.ReadAllText(path);
        int place = config.IndexOf(old, StringComparison.Ordinal);
        Assert.IsGreaterThanOrEqualTo(0, place, old);
        File.WriteAllText(path, string.Concat(config.AsSpan(0, place), replacement, config.AsSpan(place + old.Length)));
    }
}
