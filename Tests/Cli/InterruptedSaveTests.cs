using System.Diagnostics;
using System.Text.Json;
using VkSparseGrad.ModelLoaders.Checkpoints;

namespace VkSparseGrad.Tests.Cli;

/// <summary>Field case 70: a kill or a full disk during saving leaves a half checkpoint, or destroys the only good one.</summary>
[TestClass]
public sealed class InterruptedSaveTests
{
    private const int Kills = 20;

    private static readonly Dictionary<string, string> Environment = [];

    /// <summary>(a) Every process goes on from what the killed one before it left.</summary>
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_run_killed_at_random_moments_always_goes_on()
    {
        using var task = new TinyTask(trainRows: 16, devRows: 2);
        using var cache = new OwnCache();
        var folder = new CheckpointFolder(task.Output + ".checkpoints");
        var random = new Random(7);
        string[] args = task.Train("meprop", "--train", "mlp", "--epochs", "1000", "--batch-size", "1", "--max-length", "6", "--save-steps", "1");
        int reached = 0;
        for (int kill = 0; kill < Kills; kill++)
        {
            using Process process = ChildProcess.Start(Environment, kill == 0 ? args : [.. args, "--resume", "last"]);
            Task<string> error = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            while (!process.HasExited && Newest(folder) <= reached)
                Thread.Sleep(1);
            Thread.Sleep(random.Next(40));
            process.Kill();
            process.WaitForExit();
            Assert.AreEqual("", error.Result, output.Result);

            using Checkpoint checkpoint = folder.OpenNewest()!;
            int step = checkpoint.Record.Position.Step;
            Assert.IsGreaterThan(reached, step);
            string[] lines = File.ReadAllLines(checkpoint.Steps!);
            CollectionAssert.AreEqual(Enumerable.Range(1, step).ToArray(), lines.Select(Step).ToArray());
            reached = step;
        }

        CommandRun.Of([.. args.Select(arg => arg == "1000" ? "999" : arg), "--resume", "last"]).AssertFailure(1, "epochs 999, not 1000");
    }

    /// <summary>(b) A disk of 1 MB.</summary>
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_full_disk_is_told_and_the_earlier_checkpoint_stays()
    {
        using var task = new TinyTask();
        using var cache = new OwnCache();
        CommandRun run = RunOnDisk(task, "size=1m", "--epochs", "3", "--save-steps", "1", "--keep", "20");

        run.AssertFailure(1, "the checkpoint could not be written", "No space left on device", "earlier checkpoints are as they were");
        var folder = new CheckpointFolder(Path.Combine(task.Root, "copied"));
        Assert.IsNotEmpty(folder.Names);
        Assert.HasCount(folder.Names.Count, Directory.GetFileSystemEntries(folder.Path), "no litter");
        foreach (CheckpointName name in folder.Names)
            Checkpoint.Open(folder.PathOf(name)).Dispose();
        CollectionAssert.AreEqual(Enumerable.Range(1, folder.Names.Count).ToArray(), folder.Names.Select(name => name.Step).ToArray());
    }

    /// <summary>(d) A folder that cannot be written to is found before the work.</summary>
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_read_only_folder_is_told_at_once()
    {
        using var task = new TinyTask();
        using var cache = new OwnCache();
        CommandRun run = RunOnDisk(task, "ro,size=1m", "--save-steps", "1");

        run.AssertFailure(1, "checkpoints cannot be written there", "Read-only file system", "choose another folder with --checkpoints");
        Assert.DoesNotContain("evaluation before", run.Output);
    }

    /// <summary>Runs with the checkpoints on a file system of its own, whose content is copied to <c>copied</c> before it goes.</summary>
    private static CommandRun RunOnDisk(TinyTask task, string options, params string[] more)
    {
        string disk = Path.Combine(task.Root, "disk");
        Directory.CreateDirectory(disk);
        string script = $"mount -t tmpfs -o {options} tmpfs '{disk}' || exit 99; \"$@\"; code=$?; cp -r '{disk}/.' '{Path.Combine(task.Root, "copied")}'; exit $code";
        CommandRun run = ChildProcess.RunIn(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"], task.Train("full", [.. more, "--checkpoints", disk]));
        if (run.ExitCode == 99 || run.Error.StartsWith("unshare", StringComparison.Ordinal))
            Assert.Inconclusive($"A file system cannot be mounted here: {run.Error}");
        return run;
    }

    private static int Newest(CheckpointFolder folder) => folder.Names is [.., CheckpointName newest] ? newest.Step : 0;

    private static int Step(string line)
    {
        using JsonDocument json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("step").GetInt32();
    }
}
