using System.Text;
using VkSparseGrad.Training;

namespace VkSparseGrad.Cli.Demo;

/// <summary>A small task of linguistic acceptability, generated from a seed in the layout of CoLA's files.</summary>
/// <remarks>
/// Half of the development split consists of words that the training split has too, half has at least one noun or verb
/// that the training split never shows. No sentence is in both.
/// </remarks>
internal sealed class AcceptabilityTask
{
    /// <summary>Rows of the training split where nothing else is asked for.</summary>
    public const int DefaultTrainRows = 2000;

    /// <summary>Rows of the development split where nothing else is asked for.</summary>
    public const int DefaultDevRows = 500;

    // Orders of their own for the rows of each file, beside those of the phenomena's pairs.
    private const int TrainStream = 1000;
    private const int DevStream = 1001;

    private AcceptabilityTask(MinimalPair[] train, MinimalPair[] dev, ulong seed)
    {
        TrainPairs = train;
        DevPairs = dev;
        Train = Rows(train, seed, TrainStream);
        Dev = Rows(dev, seed, DevStream);
    }

    /// <summary>The minimal pairs of the training split.</summary>
    public IReadOnlyList<MinimalPair> TrainPairs { get; }

    /// <summary>The minimal pairs of the development split.</summary>
    public IReadOnlyList<MinimalPair> DevPairs { get; }

    /// <summary>The lines of <c>train.tsv</c>.</summary>
    public IReadOnlyList<string> Train { get; }

    /// <summary>The lines of <c>dev.tsv</c>.</summary>
    public IReadOnlyList<string> Dev { get; }

    /// <summary>Generates the task.</summary>
    /// <param name="seed">Equal seeds give equal tasks, on every platform.</param>
    /// <param name="trainRows">Rows of the training split, rounded down to whole pairs for every phenomenon.</param>
    /// <param name="devRows">Rows of the development split, rounded down likewise.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not that many sentences, or not even one pair for each phenomenon.</exception>
    public static AcceptabilityTask Generate(ulong seed, int trainRows = DefaultTrainRows, int devRows = DefaultDevRows)
    {
        var phenomena = Phenomena.All.Length;
        var trainPairs = trainRows / (2 * phenomena);
        // Seen and unseen words have the same share.
        var devPairs = devRows / (4 * phenomena);
        ArgumentOutOfRangeException.ThrowIfLessThan(trainPairs, 1, nameof(trainRows));
        ArgumentOutOfRangeException.ThrowIfLessThan(devPairs, 1, nameof(devRows));

        var train = new List<MinimalPair>();
        var dev = new List<MinimalPair>();
        for (var phenomenon = 0; phenomenon < phenomena; phenomenon++)
        {
            var candidates = Phenomena.All[phenomenon]().ToLookup(candidate => candidate.Words.Any(word => word.HeldOut), candidate => candidate.Pair);
            var seen = Shuffled([.. candidates[false]], seed, 2 * phenomenon);
            var unseen = Shuffled([.. candidates[true]], seed, 2 * phenomenon + 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(trainPairs, seen.Length - devPairs, nameof(trainRows));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(devPairs, unseen.Length, nameof(devRows));
            train.AddRange(seen[..trainPairs]);
            dev.AddRange(seen[trainPairs..(trainPairs + devPairs)]);
            dev.AddRange(unseen[..devPairs]);
        }

        return new AcceptabilityTask([.. train], [.. dev], seed);
    }

    /// <summary>Writes <c>train.tsv</c> and <c>dev.tsv</c>, each aside first and then renamed, so that neither is ever there in part.</summary>
    /// <param name="folder">Where to; made if it is not there.</param>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        WriteFile(Path.Combine(folder, "train.tsv"), Train);
        WriteFile(Path.Combine(folder, "dev.tsv"), Dev);
    }

    private static void WriteFile(string path, IReadOnlyList<string> lines)
    {
        var aside = path + ".partial";
        try
        {
            File.WriteAllText(aside, string.Concat(lines.Select(line => line + '\n')), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            File.Move(aside, path, overwrite: true);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    // CoLA's columns: source, label, the linguists' mark, sentence.
    private static string[] Rows(MinimalPair[] pairs, ulong seed, int stream) => Shuffled(
        [.. pairs.SelectMany(pair => new[] { $"{pair.Phenomenon}\t1\t\t{pair.Acceptable}", $"{pair.Phenomenon}\t0\t*\t{pair.Unacceptable}" })],
        seed,
        stream);

    private static T[] Shuffled<T>(T[] items, ulong seed, int stream) =>
        Array.ConvertAll(EpochShuffle.Order(items.Length, seed, stream), index => items[index]);
}
