using System.Buffers.Binary;
using VkSparseGrad.Kernels.Reference;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>Adapters that are not whole, not ours, damaged or of another base.</summary>
[TestClass]
public sealed class AdapterRefusalTests
{
    private const string Up = "bert.encoder.layer.0.intermediate.dense.weight";
    private const string Indices = Up + ".sparse_indices";
    private const string Values = Up + ".sparse_values";

    private static readonly ReferenceKernels Kernels = new();
    private static TrainedAdapter? _trained;

    [ClassInitialize]
    public static void Train(TestContext context)
    {
        _ = context;
        _trained = new TrainedAdapter(Kernels, TrainingScope.Mlp, newHead: true);
    }

    [ClassCleanup]
    public static void Clean()
    {
        _trained?.Dispose();
        Kernels.Dispose();
    }

    [TestMethod]
    public void Missing_files_are_refused()
    {
        using var folder = new TempFolder();
        AssertRefused(folder.File("none"), folder.File("none"), "there is no such folder");
        AssertRefused(folder.Path, folder.Path, "has no adapter_config.json");
        File.Copy(_trained!.Config, folder.File("adapter_config.json"));
        AssertRefused(folder.Path, folder.Path, "has no adapter_model.safetensors");
    }

    /// <summary>Field case 74: a head that was trained but is not in the adapter would be random.</summary>
    [TestMethod]
    public void Every_tensor_is_needed()
    {
        foreach (string name in RawSafetensors.Parse(_trained!.Tensors).Keys)
        {
            using TempFolder copy = _trained.Copy();
            TrainedAdapter.Edit(copy, tensors => tensors.Remove(name));
            AssertTensorsRefused(copy, $"'{name}' was trained but is missing");
        }
    }

    [TestMethod]
    [DataRow("classifier.weight")]
    [DataRow("classifier.bias")]
    public void A_head_that_neither_adapter_nor_base_has_is_refused(string name)
    {
        using TempFolder copy = _trained!.Copy();
        TrainedAdapter.Edit(copy, tensors => tensors.Remove(name));
        ReplaceInConfig(copy, $"\"{name}\"", "\"bert.embeddings.LayerNorm.bias\"");
        TrainedAdapter.Edit(copy, tensors => tensors["bert.embeddings.LayerNorm.bias"] = ("F32", [32], new byte[128]));
        AssertTensorsRefused(copy, $"'{name}' is neither in the adapter nor in the base model");
    }

    [TestMethod]
    public void A_tensor_that_the_configuration_does_not_list_is_refused()
    {
        using TempFolder copy = _trained!.Copy();
        TrainedAdapter.Edit(copy, tensors => tensors["bert.embeddings.LayerNorm.bias"] = ("F32", [32], new byte[128]));
        AssertTensorsRefused(copy, "'bert.embeddings.LayerNorm.bias' is not listed in adapter_config.json");
    }

    [TestMethod]
    [DataRow(Indices, "I32", "is I32; indices must be I64")]
    [DataRow(Values, "I32", "is I32; it must be F64, F32, F16 or BF16")]
    [DataRow("basis.output.dense.input", "U32", "is U32; it must be")]
    [DataRow("classifier.bias", "I32", "is I32; it must be")]
    public void Other_types_are_refused(string name, string type, string part)
    {
        using TempFolder copy = _trained!.Copy();
        TrainedAdapter.Edit(copy, tensors => tensors[name] = (type, tensors[name].Shape, new byte[4 * tensors[name].Shape.Aggregate((a, b) => a * b)]));
        AssertTensorsRefused(copy, $"'{name}' {part}");
    }

    [TestMethod]
    [DataRow(Indices)]
    [DataRow(Values)]
    [DataRow("basis.intermediate.dense.output")]
    [DataRow("basis.output.dense.output")]
    [DataRow("bert.pooler.dense.bias")]
    [DataRow("classifier.weight")]
    public void Other_shapes_are_refused(string name)
    {
        using TempFolder copy = _trained!.Copy();
        TrainedAdapter.Edit(copy, tensors =>
        {
            (string type, long[] shape, byte[] data) = tensors[name];
            long[] shorter = [shape[0] - 1, .. shape[1..]];
            tensors[name] = (type, shorter, data[..(int)(data.Length / shape[0] * shorter[0])]);
        });
        AssertTensorsRefused(copy, $"'{name}' is [", "but the base model and adapter_config.json make it [", "'tiny-bert'");
    }

    [TestMethod]
    [DataRow("\"D\": 80", "\"D\": 81", "[81, 32]")]
    [DataRow("\"input\"", "\"output\"", "[32, 80]")]
    public void Sides_that_are_not_the_weights_are_refused(string old, string replacement, string shape)
    {
        using TempFolder copy = _trained!.Copy();
        ReplaceInConfig(copy, old, replacement);
        AssertTensorsRefused(copy, $"'{Up}' is {shape}, but the base model and adapter_config.json make it [80, 32]");
    }

    [TestMethod]
    [DataRow(0, -1L, "has the index -1, expected 0 to 2559")]
    [DataRow(0, long.MinValue, "has the index -9223372036854775808, expected 0 to 2559")]
    [DataRow(5, 2560L, "has the index 2560, expected 0 to 2559")]
    [DataRow(5, 4294967296L, "has the index 4294967296, expected 0 to 2559")]
    public void Indices_outside_the_weight_are_refused(int place, long index, string part) => AssertIndicesRefused(place, _ => index, part);

    [TestMethod]
    public void Indices_that_do_not_rise_are_refused()
    {
        AssertIndicesRefused(3, indices => indices[2], "but indices must rise");
        AssertIndicesRefused(3, indices => indices[2] - 1, "but indices must rise");
    }

    [TestMethod]
    [DataRow("\"SPARSEGRAD\"", "\"IA3\"", "peft_type is 'IA3'; supported here are LORA, SPARSEGRAD, MEPROP, BITFIT, FROZEN_MLP")]
    [DataRow("\"SPARSEGRAD\"", "[\"SPARSEGRAD\"]", "peft_type is an Array")]
    [DataRow("\"SPARSEGRAD\"", "null", "peft_type is missing")]
    [DataRow("\"format_version\": 1", "\"format_version\": 2", "format_version is 2, only 1 is supported")]
    [DataRow("\"format_version\": 1", "\"format_version\": \"1\"", "format_version is '\"1\"'")]
    [DataRow("\"format_version\"", "\"other\"", "format_version is missing")]
    [DataRow("\"tiny-bert\"", "7", "base_model_name_or_path is '7', expected a string")]
    [DataRow("\"num_labels\": 3", "\"num_labels\": 0", "num_labels is '0'")]
    [DataRow("\"sparse_weights\": {", "\"sparse_weights\": [], \"other\": {", "sparse_weights is an Array, expected an object")]
    [DataRow("\"sparse_weights\"", "\"other\"", "sparse_weights is missing")]
    [DataRow("\"sparse_weights\": {", "\"sparse_weights\": {\"w\": 5,", "sparse_weights entry 'w' is '5', expected an object")]
    [DataRow("\"sparse_weights\": {", "\"sparse_weights\": {\"w\\n\": {},", "sparse_weights entry 'w\\u000a': small_side is missing")]
    [DataRow("\"kind\": \"intermediate.dense\"", "\"kind\": {}", $"sparse_weights entry '{Up}': kind is an Object, expected a string")]
    [DataRow("\"small_side\": \"input\"", "\"small_side\": \"left\"", "has small_side 'left', d 32 and D 80")]
    [DataRow("\"d\": 32", "\"d\": 0", "d is '0', expected an integer from 1 to 46340")]
    [DataRow("\"d\": 32", "\"d\": 81", "has small_side 'input', d 81 and D 80, which contradict each other")]
    [DataRow("\"D\": 80", "\"D\": 46341", "D is '46341', expected an integer from 1 to 46340")]
    [DataRow("\"D\": 80", "\"D\": 8.5", "D is '8.5'")]
    [DataRow("\"entries\": ", "\"entries\": -", "expected an integer from 0 to 2560")]
    [DataRow("\"entries\": ", "\"entries\": 99999", "expected an integer from 0 to 2560")]
    [DataRow("\"dense_parameters\": [", "\"dense_parameters\": [5, ", "dense_parameters holds '5', expected strings")]
    [DataRow("\"dense_parameters\": [", "\"dense_parameters\": {}, \"other\": [", "dense_parameters is an Object, expected an array")]
    [DataRow("\"dense_parameters\": [", "\"dense_parameters\": [\"classifier.bias\", ", "'classifier.bias' is listed twice")]
    [DataRow("\"dense_parameters\": [", $"\"dense_parameters\": [\"{Up}\", ", $"'{Up}' is listed twice")]
    [DataRow("\"dense_parameters\": [", "\"dense_parameters\": [\"\\ud800\", ", "a string is not valid Unicode")]
    [DataRow("\"SPARSEGRAD\"", "\"\\ud800\"", "a string is not valid Unicode")]
    [DataRow("\"sparse_weights\": {", "\"sparse_weights\": {\"\\ud800\": {},", "a string is not valid Unicode")]
    [DataRow("{", "{{", "this is not valid JSON (line 1)")]
    [DataRow("\"num_labels\": 3", "\"num_labels\": 3, \"num_labels\": 4", "a key is there twice")]
    [DataRow("\"entries\": ", "\"entries\": 1, \"entries\": ", "a key is there twice")]
    public void A_hostile_configuration_is_refused(string old, string replacement, string part)
    {
        using TempFolder copy = _trained!.Copy();
        ReplaceInConfig(copy, old, replacement);
        AssertConfigRefused(copy, part);
    }

    [TestMethod]
    public void A_configuration_that_is_no_object_no_text_too_deep_or_too_large_is_refused()
    {
        using TempFolder copy = _trained!.Copy();
        copy.Write("adapter_config.json", "[1]");
        AssertConfigRefused(copy, "the JSON must be an object");
        copy.Write("adapter_config.json", "");
        AssertConfigRefused(copy, "this is not valid JSON");
        copy.Write("adapter_config.json", string.Concat(Enumerable.Repeat("{\"a\":", 100_000)));
        AssertConfigRefused(copy, "this is not valid JSON");
        copy.Write("adapter_config.json", [.. "{\"peft_type\": \""u8, 0xFF, .. "\"}"u8]);
        AssertConfigRefused(copy, "this is not valid UTF-8");
        copy.Write("adapter_config.json", new byte[(16 << 20) + 1]);
        AssertConfigRefused(copy, "a configuration has at most 16777216");
    }

    [TestMethod]
    [DataRow("\"dense_parameters\": [", "\"dense_parameters\": [\"some.weight\", ", "the base model has no 'some.weight'")]
    [DataRow("layer.0.intermediate", "layer.7.intermediate", "the base model has no 'bert.encoder.layer.7.intermediate.dense.weight'")]
    public void Names_that_the_base_lacks_are_refused(string old, string replacement, string part)
    {
        using TempFolder copy = _trained!.Copy();
        ReplaceInConfig(copy, old, replacement);
        AssertTensorsRefused(copy, part, "open the adapter with the model it was trained from, 'tiny-bert'");
    }

    [TestMethod]
    [DataRow("../../../etc/passwd")]
    [DataRow("..")]
    public void A_name_that_looks_like_a_path_is_a_name_that_is_not_listed(string name)
    {
        using TempFolder copy = _trained!.Copy();
        TrainedAdapter.Edit(copy, tensors => tensors[name] = ("F32", [1], new byte[4]));
        AssertTensorsRefused(copy, $"'{name}' is not listed in adapter_config.json");
        ReplaceInConfig(copy, "\"dense_parameters\": [", $"\"dense_parameters\": [\"{name}\", ");
        AssertTensorsRefused(copy, $"the base model has no '{name}'");
        ReplaceInConfig(copy, "\"kind\": \"intermediate.dense\"", $"\"kind\": \"{name}\"");
        AssertTensorsRefused(copy, $"'basis.{name}.output' was trained but is missing");
    }

    [TestMethod]
    [DataRow(Values, Up)]
    [DataRow("basis.intermediate.dense.input", Up)]
    [DataRow("classifier.bias", "classifier.bias")]
    public void Values_that_are_not_finite_are_refused(string tensor, string weight)
    {
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity])
        {
            using TempFolder copy = _trained!.Copy();
            TrainedAdapter.Edit(copy, tensors =>
            {
                float[] values = RawSafetensors.Floats(tensors[tensor].Data);
                values[0] = value;
                tensors[tensor] = tensors[tensor] with { Data = RawSafetensors.Bytes(values) };
            });
            using BertCheckpoint checkpoint = TrainedAdapter.OpenBase(newHead: true);
            using AdaptedWeights adapted = AdaptedWeights.Open(Kernels, checkpoint, copy.Path);
            float[] read = new float[adapted.ShapeOf(weight).Aggregate((product, dimension) => product * dimension)];
            ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => adapted.Read(weight, read));
            AssertMessage(e, copy.File("adapter_model.safetensors"), $"with this adapter '{weight}' is ", " at element ");
        }
    }

    [TestMethod]
    public void Another_base_is_refused()
    {
        using KitB kit = new KitB().Save();
        using BertCheckpoint other = BertCheckpoint.Open(kit.Path, TrainedAdapter.Labels);
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => AdaptedWeights.Open(Kernels, other, _trained!.Path).Dispose());
        Assert.Contains($"'{Up}' is [80, 32], but the base model and adapter_config.json make it [16, 8]", e.Message);
    }

    [TestMethod]
    public void A_malformed_tensors_file_keeps_its_own_exception()
    {
        using TempFolder copy = _trained!.Copy();
        copy.Write("adapter_model.safetensors", File.ReadAllBytes(_trained.Tensors)[..^1]);
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase(newHead: true);
        Assert.Contains("truncated", Assert.ThrowsExactly<SafetensorsException>(() => AdaptedWeights.Open(Kernels, checkpoint, copy.Path).Dispose()).Message);
    }

    private static void AssertIndicesRefused(int place, Func<long[], long> index, string part)
    {
        using TempFolder copy = _trained!.Copy();
        TrainedAdapter.Edit(copy, tensors =>
        {
            byte[] data = tensors[Indices].Data;
            long[] indices = [.. Enumerable.Range(0, data.Length / 8).Select(i => BinaryPrimitives.ReadInt64LittleEndian(data.AsSpan(8 * i)))];
            BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(8 * place), index(indices));
        });
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase(newHead: true);
        using AdaptedWeights adapted = AdaptedWeights.Open(Kernels, checkpoint, copy.Path);
        ModelFolderException e = Assert.ThrowsExactly<ModelFolderException>(() => new BertClassifier(Kernels, checkpoint.Config, adapted).Dispose());
        AssertMessage(e, copy.File("adapter_model.safetensors"), $"'{Indices}' ", part);
    }

    private static void ReplaceInConfig(TempFolder copy, string old, string replacement)
    {
        string config = File.ReadAllText(_trained!.Config);
        int place = config.IndexOf(old, StringComparison.Ordinal);
        Assert.IsGreaterThanOrEqualTo(0, place, old);
        copy.Write("adapter_config.json", string.Concat(config.AsSpan(0, place), replacement, config.AsSpan(place + old.Length)));
    }

    private static void AssertConfigRefused(TempFolder copy, params string[] parts) => AssertRefused(copy.Path, copy.File("adapter_config.json"), parts);

    private static void AssertTensorsRefused(TempFolder copy, params string[] parts) => AssertRefused(copy.Path, copy.File("adapter_model.safetensors"), parts);

    private static void AssertRefused(string folder, string place, params string[] parts)
    {
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase(newHead: true);
        AssertMessage(Assert.ThrowsExactly<ModelFolderException>(() => AdaptedWeights.Open(Kernels, checkpoint, folder).Dispose()), place, parts);
    }

    private static void AssertMessage(ModelFolderException e, string place, params string[] parts)
    {
        Assert.StartsWith(place + ": ", e.Message);
        Assert.DoesNotContain("\n", e.Message);
        foreach (string part in parts)
            Assert.Contains(part, e.Message);
    }
}
