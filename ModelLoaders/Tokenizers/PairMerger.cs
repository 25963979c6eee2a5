using System.Text;

namespace VkSparseGrad.ModelLoaders.Tokenizers;

/// <summary>Byte pair encoding of characters: joins the two neighbours that come first in the rules, of equal ones the leftmost,
/// until none are left. A character that is no token becomes its bytes. Sennrich et al., "Neural Machine Translation of Rare Words
/// with Subword Units", 2016; Kudo and Richardson, "SentencePiece", 2018.</summary>
/// <remarks>
/// Microsoft.ML.Tokenizers 2.0.1 does not serve here: of pieces with equal scores it does not always join the leftmost, so that the
/// tokenizer of LLaMA 2 gives other ids than SentencePiece for such as <c>b&gt;&gt;&gt;a</c>; and what it has for listed merges lacks bytes for unknown
/// characters. The queue takes n log n steps for n characters.
/// </remarks>
internal sealed class PairMerger(IMergeRules rules, int[] bytes)
{
    private const int None = -1;

    /// <summary>Appends the ids of a text, which must be valid Unicode.</summary>
    public void Append(string text, List<int> ids)
    {
        var symbols = Characters(text);
        var queue = new PriorityQueue<Candidate, (double Rank, int Left)>();
        for (var left = 0; left + 1 < symbols.Length; left++)
            Propose(text, symbols, left, queue);
        while (queue.TryDequeue(out var candidate, out _))
        {
            ref var left = ref symbols[candidate.Left];
            // What was joined with another in the meantime has no length any more, or the pair has another one.
            if (left.Length == 0 || left.Next == None || left.Length + symbols[left.Next].Length != candidate.Length)
                continue;
            ref var right = ref symbols[left.Next];
            (left.Id, left.Length, left.Next, right.Length) = (candidate.Id, candidate.Length, right.Next, 0);
            if (left.Next != None)
                symbols[left.Next].Previous = candidate.Left;
            Propose(text, symbols, left.Previous, queue);
            Propose(text, symbols, candidate.Left, queue);
        }

        for (var at = symbols.Length == 0 ? None : 0; at != None; at = symbols[at].Next)
            AppendSymbol(text, symbols[at], ids);
    }

    private Symbol[] Characters(string text)
    {
        var symbols = new List<Symbol>(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var length = char.IsSurrogate(text[at]) ? 2 : 1;
            var id = rules.TryGetCharacter(text.AsSpan(at, length), out var known) ? known : None;
            symbols.Add(new Symbol { Start = at, Length = length, Id = id, Previous = symbols.Count - 1, Next = symbols.Count + 1 });
            at += length;
        }

        var result = symbols.ToArray();
        if (result.Length > 0)
            result[^1].Next = None;
        return result;
    }

    private void Propose(string text, Symbol[] symbols, int left, PriorityQueue<Candidate, (double Rank, int Left)> queue)
    {
        if (left == None || symbols[left].Next == None)
            return;
        var (first, second) = (symbols[left], symbols[symbols[left].Next]);
        var length = first.Length + second.Length;
        if (rules.TryMerge(text.AsSpan(first.Start, length), first.Id, second.Id, out var merge))
            queue.Enqueue(new Candidate(left, length, merge.Id), (merge.Rank, left));
    }

    private void AppendSymbol(string text, Symbol symbol, List<int> ids)
    {
        if (symbol.Id != None)
        {
            ids.Add(symbol.Id);
            return;
        }

        Span<byte> utf8 = stackalloc byte[4];
        var count = Encoding.UTF8.GetBytes(text.AsSpan(symbol.Start, symbol.Length), utf8);
        foreach (var value in utf8[..count])
            ids.Add(bytes[value]);
    }

    /// <summary>A part of the text, in a chain with its neighbours.</summary>
    private struct Symbol
    {
        public int Start, Length, Id, Previous, Next;
    }

    private readonly record struct Candidate(int Left, int Length, int Id);
}
