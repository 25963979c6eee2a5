using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.Models;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class ConfigOverviewTests
{
    [TestMethod]
    [DataRow("""{"model_type": "llama", "torch_dtype": "bfloat16"}""", "llama", WeightFormat.BFloat16)]
    [DataRow("""{"model_type": "llama", "dtype": "float16", "torch_dtype": "float32"}""", "llama", WeightFormat.Float16)]
    [DataRow("""{"model_type": "roberta", "torch_dtype": "float64"}""", "roberta", WeightFormat.Float32)]
    [DataRow("""{"torch_dtype": null}""", "bert", null)]
    public void Type_and_format_are_read(string config, string type, WeightFormat? weights)
    {
        using var folder = new TempFolder();
        folder.Write("config.json", config);

        ConfigOverview overview = ConfigOverview.Read(folder.Path);

        Assert.AreEqual(new ConfigOverview(type, weights), overview);
        Assert.AreEqual(type == "llama", overview.IsLlama);
    }

    [TestMethod]
    [DataRow("""{"model_type": "gpt2"}""", "model_type", "gpt2")]
    [DataRow("""{"model_type": "llama", "torch_dtype": "int8"}""", "torch_dtype", "int8")]
    [DataRow("""{"model_type": "llama", "dtype": 3}""", "dtype", "3")]
    public void What_is_not_supported_is_named(string config, string key, string value)
    {
        using var folder = new TempFolder();
        folder.Write("config.json", config);

        ModelFolderException error = Assert.ThrowsExactly<ModelFolderException>(() => ConfigOverview.Read(folder.Path));

        Assert.Contains(key, error.Message);
        Assert.Contains(value, error.Message);
    }
}
