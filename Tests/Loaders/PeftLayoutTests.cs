using System.Text.Json;
using System.Text.RegularExpressions;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Adapters;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Tests.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>LoRA's adapters against what PEFT writes and reads.</summary>
[TestClass]
public sealed class PeftLayoutTests
{
    private static readonly IKernels Kernels = TestDevice.Choose(onDevice: false);

    private static readonly TrainingOptions Run = TrainedAdapter.Options(TrainingMethod.Lora) with
    {
        Scope = TrainingScope.Mlp, Lora = new LoraOptions { Rank = 3, Alpha = 7, Dropout = 0.05 },
    };

    [TestMethod]
    public void The_configuration_is_PEFTs()
    {
        using var adapter = new TrainedAdapter(Kernels, Run);
        Assert.AreEqual(
            """
            {
              "auto_mapping": null,
              "base_model_name_or_path": "tiny-bert",
              "bias": "none",
              "fan_in_fan_out": false,
              "inference_mode": true,
              "init_lora_weights": true,
              "layers_pattern": null,
              "layers_to_transform": null,
              "lora_alpha": 7,
              "lora_dropout": 0.05,
              "modules_to_save": [
                "bert.pooler.dense",
                "classifier"
              ],
              "peft_type": "LORA",
              "r": 3,
              "revision": null,
              "target_modules": "bert\\.encoder\\.layer\\.[0-9]+\\.intermediate\\.dense|bert\\.encoder\\.layer\\.[0-9]+\\.output\\.dense",
              "task_type": "SEQ_CLS"
            }
            """,
            File.ReadAllText(adapter.Config).ReplaceLineEndings("\n"));
    }

    [TestMethod]
    public void Names_and_shapes_are_PEFTs()
    {
        using var adapter = new TrainedAdapter(Kernels, Run);
        string[] expected =
        [
            .. Enumerable.Range(0, 3).SelectMany(block => (string[])
            [
                $"base_model.model.bert.encoder.layer.{block}.intermediate.dense.lora_A.weight F32 [3, 32]",
                $"base_model.model.bert.encoder.layer.{block}.intermediate.dense.lora_B.weight F32 [80, 3]",
                $"base_model.model.bert.encoder.layer.{block}.output.dense.lora_A.weight F32 [3, 80]",
                $"base_model.model.bert.encoder.layer.{block}.output.dense.lora_B.weight F32 [32, 3]",
            ]),
            "base_model.model.bert.pooler.dense.weight F32 [32, 32]",
            "base_model.model.bert.pooler.dense.bias F32 [32]",
            "base_model.model.classifier.weight F32 [3, 32]",
            "base_model.model.classifier.bias F32 [3]",
        ];
        CollectionAssert.AreEquivalent(
            expected, RawSafetensors.Parse(adapter.Tensors).Select(tensor => $"{tensor.Key} {tensor.Value.Type} [{string.Join(", ", tensor.Value.Shape)}]").ToArray());
    }

    /// <summary>W + alpha / r · B A, with the numbers of the file alone.</summary>
    [TestMethod]
    public void The_product_is_scaled_by_alpha_over_r()
    {
        using var adapter = new TrainedAdapter(Kernels, Run);
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase();
        Dictionary<string, (string Type, long[] Shape, byte[] Data)> tensors = RawSafetensors.Parse(adapter.Tensors);
        foreach ((string layer, int outputs, int inputs) in (ReadOnlySpan<(string, int, int)>)
            [("bert.encoder.layer.2.intermediate.dense", 80, 32), ("bert.encoder.layer.0.output.dense", 32, 80)])
        {
            float[] weight = new float[outputs * inputs];
            checkpoint.Read(layer + ".weight", weight);
            float[] down = RawSafetensors.Floats(tensors[$"base_model.model.{layer}.lora_A.weight"].Data);
            float[] up = RawSafetensors.Floats(tensors[$"base_model.model.{layer}.lora_B.weight"].Data);
            double[] expected = Array.ConvertAll(weight, value => (double)value);
            for (int o = 0; o < outputs; o++)
            {
                for (int i = 0; i < inputs; i++)
                {
                    for (int r = 0; r < 3; r++)
                        expected[(o * inputs) + i] += 7.0 / 3 * up[(o * 3) + r] * down[(r * inputs) + i];
                }
            }

            Assert.IsGreaterThan(1e-3, Closeness.RelativeError(weight, expected), "the product is not zero");
            Assert.IsLessThan(1e-6, Closeness.RelativeError(adapter.Weights[layer + ".weight"], expected));
        }
    }

    /// <summary>PEFT compares the pattern with whole names of the model's layers; it must match those with factors and no others.</summary>
    [TestMethod]
    [DataRow(LayerKind.Output)]
    [DataRow(LayerKind.AttentionOutput, LayerKind.Key)]
    [DataRow(LayerKind.Intermediate, LayerKind.Query, LayerKind.Value)]
    public void The_pattern_matches_the_layers_with_factors_and_no_others(params LayerKind[] targets)
    {
        using var adapter = new TrainedAdapter(Kernels, Run with { Lora = new LoraOptions { Targets = targets } });
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(adapter.Config));
        var pattern = new Regex($"^(?:{config.RootElement.GetProperty("target_modules").GetString()})$");
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase();
        HashSet<string> tensors = [.. RawSafetensors.Parse(adapter.Tensors).Keys];
        string[] modules = [.. checkpoint.Parameters.Select(parameter => parameter.Name[..parameter.Name.LastIndexOf('.')]).Distinct()];
        Assert.HasCount(3 * targets.Length, modules.Where(module => pattern.IsMatch(module)).ToArray());
        foreach (string module in modules)
            Assert.AreEqual(tensors.Contains($"base_model.model.{module}.lora_A.weight"), pattern.IsMatch(module), module);
    }

    /// <summary>PEFT looks up every parameter of a layer in modules_to_save, and renames the bias of a layer that it wraps.</summary>
    [TestMethod]
    public void Everything_else_that_was_trained_is_where_PEFT_finds_it()
    {
        TrainingOptions run = Run with { Scope = TrainingScope.All, Lora = new LoraOptions { Targets = [LayerKind.Output] } };
        using var adapter = new TrainedAdapter(Kernels, run);
        HashSet<string> tensors = [.. RawSafetensors.Parse(adapter.Tensors).Keys];
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(adapter.Config));
        string[] saved = [.. config.RootElement.GetProperty("modules_to_save").EnumerateArray().Select(module => module.GetString()!)];
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase();
        foreach (BertParameter parameter in checkpoint.Parameters)
        {
            string module = parameter.Name[..parameter.Name.LastIndexOf('.')];
            bool isTarget = Regex.IsMatch(module, @"layer\.\d+\.output\.dense$");
            bool isFrozen = Regex.IsMatch(parameter.Name, @"layer\.\d+\.(intermediate|output)\.dense\.weight$");
            bool isPart = Regex.IsMatch(module, @"layer\.\d+\.(intermediate|output)\.dense$");
            Assert.AreEqual(!isPart, saved.Contains(module), module);
            Assert.AreEqual(!isFrozen && !isTarget, tensors.Contains("base_model.model." + parameter.Name), parameter.Name);
            Assert.AreEqual(isTarget && !isFrozen, tensors.Contains($"base_model.model.{module}.base_layer.bias") && parameter.Name.EndsWith(".bias", StringComparison.Ordinal), parameter.Name);
        }
    }

    /// <summary>With a list of targets, keys we do not write, and nothing in the metadata.</summary>
    [TestMethod]
    public void An_adapter_that_PEFT_wrote_is_read()
    {
        using var adapter = new TrainedAdapter(Kernels, Run);
        using TempFolder copy = adapter.Copy();
        copy.Write("adapter_config.json", """
            {"alpha_pattern": {}, "auto_mapping": null, "base_model_name_or_path": "some/bert", "bias": "none", "corda_config": null,
             "eva_config": null, "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true,
             "layer_replication": null, "layers_pattern": null, "layers_to_transform": null, "loftq_config": {}, "lora_alpha": 7,
             "lora_bias": false, "lora_dropout": 0.1, "megatron_config": null, "megatron_core": "megatron.core",
             "modules_to_save": ["classifier", "score", "pooler"], "peft_type": "LORA", "r": 3, "rank_pattern": {}, "revision": null,
             "target_modules": ["intermediate.dense", "0.output.dense", "1.output.dense", "2.output.dense"], "task_type": "SEQ_CLS",
             "use_dora": false, "use_rslora": false}
            """);
        Strip(copy);
        Assert.AreEqual(new AdapterDescription("some/bert", null, 3, TrainingMethod.Lora), AdapterDescription.Read(copy.Path));
        using BertCheckpoint checkpoint = TrainedAdapter.OpenBase();
        using AdaptedWeights adapted = AdaptedWeights.Open(Kernels, checkpoint, copy.Path);
        Assert.Contains("does not say by a fingerprint", adapted.Warning!);
        Assert.IsLessThan(1e-6, Closeness.RelativeError(
            TrainedAdapter.Logits(Kernels, checkpoint.Config, adapted), Array.ConvertAll(adapter.After, value => (double)value)));
    }

    /// <summary>Writes the tensors anew without our metadata.</summary>
    private static void Strip(TempFolder copy)
    {
        string path = copy.File("adapter_model.safetensors");
        var writer = new SafetensorsWriter();
        foreach ((string name, (string _, long[] shape, byte[] data)) in RawSafetensors.Parse(path))
            writer.AddBytes(name, SafetensorsType.F32, shape, stream => stream.Write(data));
        writer.Save(path);
    }
}
