using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Microsoft.ML.Conformer.Tests.Architecture;

/// <summary>Every type that another one names: in what it is, in its members and in their bodies.</summary>
internal static class TypeUses
{
    /// <summary>The member that uses, and what it uses; types in other types count for those around them.</summary>
    public static IEnumerable<(string Member, TypeReference Used)> Of(TypeDefinition type)
    {
        TypeReference?[] bases = [type.BaseType, .. type.Interfaces.Select(one => one.InterfaceType)];
        foreach (var used in bases.Concat(Constraints(type)).Concat(Attributes(type)))
            yield return (type.FullName, used!);
        foreach (var field in type.Fields)
            foreach (var used in Attributes(field).Append(field.FieldType))
                yield return (field.FullName, used);
        foreach (var property in type.Properties)
            foreach (var used in Attributes(property))
                yield return (property.FullName, used);
        foreach (var method in type.Methods)
            foreach (var used in Signature(method).Concat(Constraints(method)).Concat(Attributes(method)).Concat(Body(method)))
                yield return (method.FullName, used);
        foreach (var (member, used) in type.NestedTypes.SelectMany(Of))
            yield return (member, used);
    }

    /// <summary>The types that a constructed one consists of: of a list of arrays of T, the list and T.</summary>
    public static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        FunctionPointerType pointer => Signature(pointer).SelectMany(Parts),
        RequiredModifierType modified => [.. Parts(modified.ModifierType), .. Parts(modified.ElementType)],
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };

    private static IEnumerable<TypeReference> Signature(IMethodSignature method) =>
        method.Parameters.Select(parameter => parameter.ParameterType).Append(method.ReturnType);

    private static IEnumerable<TypeReference> Constraints(IGenericParameterProvider provider) =>
        provider.GenericParameters.SelectMany(parameter => parameter.Constraints.Select(constraint => constraint.ConstraintType));

    private static IEnumerable<TypeReference> Attributes(ICustomAttributeProvider provider) => provider.CustomAttributes.SelectMany(
        attribute => attribute.ConstructorArguments.Concat(attribute.Fields.Concat(attribute.Properties).Select(named => named.Argument))
            .Select(argument => argument.Value as TypeReference ?? argument.Type).Append(attribute.AttributeType));

    private static IEnumerable<TypeReference> Body(MethodDefinition method)
    {
        if (!method.HasBody)
            return [];
        var caught = method.Body.ExceptionHandlers.Where(handler => handler.CatchType is not null).Select(handler => handler.CatchType);
        return method.Body.Variables.Select(variable => variable.VariableType).Concat(caught)
            .Concat(method.Body.Instructions.SelectMany(instruction => Operand(instruction)));
    }

    private static IEnumerable<TypeReference> Operand(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        GenericInstanceMethod generic => [.. generic.GenericArguments, .. Signature(generic), generic.DeclaringType],
        MethodReference called => [.. Signature(called), called.DeclaringType],
        CallSite site => Signature(site),
        _ => [],
    };
}
