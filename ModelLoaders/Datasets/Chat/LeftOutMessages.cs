using System.Globalization;

namespace VkSparseGrad.ModelLoaders.Datasets.Chat;

/// <summary>Counts messages of trees that are not taken, by reason; those below a message count with it.</summary>
internal sealed class LeftOutMessages
{
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public int Count => _counts.Values.Sum();

    public void Add(string reason, int messages) => _counts[reason] = _counts.GetValueOrDefault(reason) + messages;

    /// <summary>One line for a log, such as <c>3 messages left out: 2 deleted, 1 without an answer</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Count} {(Count == 1 ? "message" : "messages")} left out: {string.Join(", ", _counts.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} {pair.Key}")))}");
}
