namespace VkSparseGrad.Tests.Cli;

/// <summary>What is wrong with files is told in one line before a device is opened, and nothing is written.</summary>
[TestClass]
public sealed class RefusalTests
{
    [TestMethod]
    public void A_folder_without_a_configuration()
    {
        using var task = new TinyTask();
        File.Delete(Path.Combine(task.Model, "config.json"));
        Refused(task, task.Train("full"), task.Model, "the folder has no config.json");
    }

    [TestMethod]
    public void A_folder_that_is_not_there()
    {
        using var task = new TinyTask();
        Refused(task, task.Train("full", "--model", Path.Combine(task.Root, "nowhere")), "there is no such folder");
    }

    [TestMethod]
    public void A_truncated_weights_file()
    {
        using var task = new TinyTask();
        using (FileStream weights = File.OpenWrite(Path.Combine(task.Model, "model.safetensors")))
            weights.SetLength(1000);
        Refused(task, task.Train("full"), "model.safetensors: the file is truncated");
    }

    [TestMethod]
    public void A_head_for_another_number_of_labels()
    {
        using var task = new TinyTask();
        Refused(task, [.. task.Train("full").Where(arg => arg != "--reset-head")], "3 labels", "2 labels", "--reset-head");
    }

    [TestMethod]
    public void A_missing_vocabulary_and_one_of_another_model()
    {
        using var task = new TinyTask();
        string vocabulary = Path.Combine(task.Model, "vocab.txt");
        File.AppendAllText(vocabulary, "more\n");
        Refused(task, task.Train("full"), "the vocabulary has 98 tokens, but the model has 97 word embeddings");
        File.Delete(vocabulary);
        Refused(task, task.Train("full"), "vocab.txt' does not exist");
    }

    [TestMethod]
    public void Data_that_is_missing_or_of_another_task()
    {
        using var task = new TinyTask();
        string train = Path.Combine(task.Data, "train.tsv");
        File.WriteAllText(train, "sentence\tlabel\ngood\t1\n");
        Refused(task, task.Train("full"), train, "has 2 columns");
        File.WriteAllText(train, "made\t-1\t\tab ac\n");
        Refused(task, task.Train("full"), "line 1 has the label '-1', not 0 or 1");
        File.Delete(train);
        Refused(task, task.Train("full"), "does not exist; CoLA is looked for as train.tsv, dev.tsv");
    }

    [TestMethod]
    public void A_length_beyond_the_models_positions()
    {
        using var task = new TinyTask();
        Refused(task, task.Train("full", "--max-length", "21"), "--max-length is 21, but the model has 20 positions");
    }

    [TestMethod]
    public void An_output_that_is_an_input_or_holds_one()
    {
        using var task = new TinyTask();
        foreach (string output in (string[])[task.Model, task.Model + "/", task.Data, task.Root])
            Refused(task, task.Train("full", "--overwrite", "--output", output), "is or holds");

        string link = Path.Combine(task.Root, "link");
        Directory.CreateSymbolicLink(link, task.Model);
        CommandRun.Of(task.Train("full", "--overwrite", "--output", link)).AssertFailure(1, "is or holds");
        Directory.Delete(link);
        task.AssertNothingWritten();
    }

    [TestMethod]
    public void An_output_that_is_taken()
    {
        using var task = new TinyTask();
        Directory.CreateDirectory(task.Output);
        string precious = Path.Combine(task.Output, "precious.txt");
        File.WriteAllText(precious, "mine");
        CommandRun.Of(task.Train("full")).AssertFailure(1, "exists and is not empty");
        CommandRun.Of(task.Train("full", "--overwrite")).AssertFailure(1, "not an earlier result and is left alone");
        Assert.AreEqual("mine", File.ReadAllText(precious));
        Directory.Delete(task.Output, recursive: true);
        File.WriteAllText(task.Output, "a file");
        CommandRun.Of(task.Train("full")).AssertFailure(1, "is a file");
        File.Delete(task.Output);
        task.AssertNothingWritten();
    }

    [TestMethod]
    public void The_working_folder_as_output()
    {
        using var task = new TinyTask();
        Refused(task, task.Train("full", "--overwrite", "--output", "."), "is the working folder or holds it");
    }

    private static void Refused(TinyTask task, string[] args, params string[] words)
    {
        CommandRun run = CommandRun.Of(args);
        run.AssertFailure(1, words);
        Assert.AreEqual("", run.Output, "nothing is begun");
        task.AssertNothingWritten();
    }
}
