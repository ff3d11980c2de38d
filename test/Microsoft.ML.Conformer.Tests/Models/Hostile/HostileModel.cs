namespace Microsoft.ML.Conformer.Tests.Models.Hostile;

/// <summary>A file of a sound network with something changed.</summary>
/// <param name="Name">Its name, which says what was changed.</param>
/// <param name="Says">What is part of its refusal; null where it opens with the sound file's scores.</param>
/// <param name="Write">Writes it to a path.</param>
internal sealed record HostileModel(string Name, string? Says, Action<string> Write)
{
    public HostileModel(string name, string? says, Func<byte[]> content) : this(name, says, path => File.WriteAllBytes(path, content()))
    {
    }
}
