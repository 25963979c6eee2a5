using System.Text.Json;
using VkSparseGrad.Cli.Train;
using VkSparseGrad.Tests.Loaders;

namespace VkSparseGrad.Tests.Cli;

/// <summary>The command <c>plan</c>.</summary>
[TestClass]
public sealed class PlanTests
{
    [TestMethod]
    public void A_language_model_s_table_names_phases_categories_and_what_is_most()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", KitL.Config.Replace("float32", "bfloat16", StringComparison.Ordinal));
        CommandRun run = CommandRun.Of(
            "plan", "--model", folder.Path, "--method", "sparsegrad", "--train", "mlp", "--layers", "%2", "--kept-entries", "10", "--length", "16",
            "--batch-size", "2");

        run.AssertSuccess();
        Assert.AreEqual("", run.Error);
        foreach (string part in (string[])
        [
            "Model: LLaMA, language model, 1,832 parameters, stored as bf16", "Run: sparsegrad, 2 sequences of 16 tokens a batch", "preliminary", "basis",
            "rotation", "activations", "Trained parameters: 20 (1.09 % of the model's)", "Peak device memory: ", "Most of it, ", "Host memory: about 160.0 MiB",
        ])
            Assert.Contains(part, run.Output);
    }

    [TestMethod]
    public void Json_has_every_phase_in_bytes()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", KitL.Config);
        CommandRun run = CommandRun.Of("plan", "--model", folder.Path, "--method", "lora", "--train", "mlp", "--length", "8", "--json");

        run.AssertSuccess();
        using JsonDocument document = JsonDocument.Parse(run.Output);
        JsonElement root = document.RootElement;
        JsonElement[] phases = [.. root.GetProperty("phases").EnumerateArray()];
        CollectionAssert.AreEqual(new[] { "load", "training", "saving" }, phases.Select(phase => phase.GetProperty("phase").GetString()).ToArray());
        Assert.AreEqual(phases.Max(phase => phase.GetProperty("peak_bytes").GetInt64()), root.GetProperty("peak_bytes").GetInt64());
        Assert.IsTrue(phases.All(phase => phase.EnumerateObject().Where(item => item.Name.EndsWith("s_bytes", StringComparison.Ordinal)).Any()));

        // Rank 8 on two layers of both blocks, 8 and 16 wide.
        Assert.AreEqual(2 * 2 * 8 * (8 + 16), root.GetProperty("trained_parameters").GetInt64());
    }

    [TestMethod]
    [DataRow(2 * 2 * 3 * (8 + 16))]
    [DataRow(2 * 3 * 3 * (8 + 16), "--gate")]
    public void A_LLaMA_s_LoRA_is_planned_with_the_matching_rank_and_the_gate(int trained, params string[] more)
    {
        using var folder = new TempFolder();
        folder.Write("config.json", KitL.Config);

        // Half of 8 x 16 entries are 64, and 64 / (8 + 16) is nearest to rank 3.
        CommandRun run = CommandRun.Of(
            ["plan", "--model", folder.Path, "--method", "lora", "--train", "mlp", "--match-parameters", "--fraction", "0.5", "--length", "8", "--json", .. more]);

        run.AssertSuccess();
        using JsonDocument document = JsonDocument.Parse(run.Output);
        Assert.AreEqual(trained, document.RootElement.GetProperty("trained_parameters").GetInt64());
    }

    [TestMethod]
    public void A_classifier_of_either_architecture_is_planned()
    {
        using var kit = new KitB();
        CommandRun bert = CommandRun.Of("plan", "--model", kit.Path, "--method", "full", "--length", "8", "--software");
        bert.AssertSuccess();
        Assert.Contains("BERT, classifier", bert.Output);
        Assert.Contains("Host memory, the device's included: about ", bert.Output);

        using var folder = new TempFolder();
        folder.Write("config.json", KitL.Config);
        CommandRun llama = CommandRun.Of("plan", "--model", folder.Path, "--method", "bitfit", "--task", "classify", "--length", "8", "--weights", "f16");
        llama.AssertSuccess();
        Assert.Contains("LLaMA, classifier", llama.Output);
        Assert.Contains("stored as f16", llama.Output);
        Assert.Contains("Trained parameters: 16 ", llama.Output);
    }

    [TestMethod]
    public void Half_stored_weights_are_32_bit_where_everything_is_trained()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", KitL.Config.Replace("float32", "bfloat16", StringComparison.Ordinal));

        Assert.IsLessThan(Weights("all"), Weights("mlp"));

        long Weights(string train)
        {
            CommandRun run = CommandRun.Of("plan", "--model", folder.Path, "--method", "full", "--train", train, "--layers", "0", "--length", "8", "--json");
            run.AssertSuccess();
            using JsonDocument document = JsonDocument.Parse(run.Output);
            return document.RootElement.GetProperty("phases")[0].GetProperty("weights_bytes").GetInt64();
        }
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("ALL")]
    [DataRow("%0")]
    [DataRow("%")]
    [DataRow("%-3")]
    [DataRow("-1")]
    [DataRow("0,,3")]
    [DataRow("0, 3")]
    [DataRow("0;3")]
    [DataRow("0-3")]
    [DataRow("1e1")]
    [DataRow("99999999999")]
    public void Layers_that_are_none_are_refused_in_one_line(string text)
    {
        Assert.IsFalse(BlockList.TryParse(text, out _));
        CommandRun.Of("plan", "--model", "x", "--method", "full", "--layers", text).AssertFailure(2, $"--layers is '{text}'", "%N");
    }

    [TestMethod]
    [DataRow("all", "all")]
    [DataRow("%3", "0,3,6")]
    [DataRow("%1", "0,1,2,3,4,5,6")]
    [DataRow("%9", "0")]
    [DataRow("6,0", "6,0")]
    public void Layers_are_read(string text, string expected)
    {
        Assert.IsTrue(BlockList.TryParse(text, out BlockList? list));
        Assert.AreEqual(expected, list.In(7) is { } blocks ? string.Join(',', blocks) : "all");
        Assert.AreEqual(text, list.ToString());
    }

    [TestMethod]
    [DataRow("--layers 0,2", "there is no block 2")]
    [DataRow("--layers 1,1", "named twice")]
    [DataRow("--length 17", "takes 1 to 16")]
    [DataRow("--train mlp --method bitfit", "finds nothing to train")]
    [DataRow("--train mlp --method frozen-mlp", "finds nothing to train")]
    [DataRow("--method lora --gate --lora-targets query", "--gate is not among --lora-targets")]
    [DataRow("--kept-entries 5 --fraction 0.1", "--kept-entries takes the place of --fraction")]
    public void What_does_not_fit_a_LLaMA_is_one_line(string more, string message)
    {
        using var folder = new TempFolder();
        folder.Write("config.json", KitL.Config);
        string[] given = more.Split(' ');
        string[] method = given.Contains("--method") ? [] : ["--method", "sparsegrad"];
        CommandRun.Of(["plan", "--model", folder.Path, .. method, .. given]).AssertFailure(1, message);
    }

    [TestMethod]
    [DataRow("--layers all", "--layers is for a LLaMA")]
    [DataRow("--gate", "--gate is for a LLaMA")]
    [DataRow("--task language", "--task language is for a LLaMA")]
    public void What_does_not_fit_a_BERT_is_one_line(string more, string message)
    {
        using var kit = new KitB();
        CommandRun.Of(["plan", "--model", kit.Path, "--method", "lora", .. more.Split(' ')]).AssertFailure(1, message);
    }

    [TestMethod]
    public void A_configuration_that_cannot_be_read_is_named()
    {
        using var folder = new TempFolder();
        CommandRun.Of("plan", "--model", folder.Path, "--method", "full").AssertFailure(1, "config.json");
        folder.Write("config.json", """{"model_type": "gpt2"}""");
        CommandRun.Of("plan", "--model", folder.Path, "--method", "full").AssertFailure(1, "gpt2", "llama");
        folder.Write("config.json", KitL.Config.Replace("float32", "float8", StringComparison.Ordinal));
        CommandRun.Of("plan", "--model", folder.Path, "--method", "full").AssertFailure(1, "torch_dtype", "float8");
        CommandRun.Of("plan", "--model", folder.Path, "--method", "full", "--kept-entries", "0").AssertFailure(2, "--kept-entries is '0'");
    }
}
